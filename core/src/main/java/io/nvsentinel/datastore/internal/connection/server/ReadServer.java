// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import org.jspecify.annotations.Nullable;

/**
 * Accepts every server of the primary's cluster, for reading: a standby, or one that has been promoted. Whether it is
 * fresh enough is decided for each read.
 */
public final class ReadServer implements Eligibility {

    private final Primary primary;

    /**
     * Servers of one cluster.
     *
     * @param primary the cluster's primary
     */
    public ReadServer(Primary primary) {
        this.primary = primary;
    }

    @Override
    public @Nullable String objection(Backend backend, boolean writable) {
        return isCurrent(backend) ? null : "belongs to another cluster: its system identifier is " + backend.system();
    }

    @Override
    public boolean isCurrent(Backend backend) {
        return primary.isSameSystem(backend);
    }

    /** Says nothing about the primary. */
    @Override
    public void attempted(boolean success) {}
}
