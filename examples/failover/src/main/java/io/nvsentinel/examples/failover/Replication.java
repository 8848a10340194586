// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import java.util.Locale;

/** What an acknowledged write is worth after a failover. */
public enum Replication {

    /** The primary waits for no standby: acknowledged writes may be missing. */
    ASYNC("on", false),

    /** A commit waits until the standby has it on disk. */
    SYNC("on", true),

    /** A commit waits until the standby shows it to readers. */
    REMOTE_APPLY("remote_apply", true);

    private final String synchronousCommit;
    private final boolean waits;

    Replication(String synchronousCommit, boolean waits) {
        this.synchronousCommit = synchronousCommit;
        this.waits = waits;
    }

    /** The value of the server's setting. */
    String synchronousCommit() {
        return synchronousCommit;
    }

    /** Whether commits wait for the standby. */
    boolean waits() {
        return waits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
