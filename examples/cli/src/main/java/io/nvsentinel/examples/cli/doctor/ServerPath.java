// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * One way on which the library reaches the database: {@code host} for statements, {@code directHost} for migrations, wake-ups
 * and the retention.
 *
 * @param option the option that names it
 * @param servers its servers, in the order in which they are tried
 */
record ServerPath(String option, List<InetSocketAddress> servers) {

    static final String DIRECT = "directHost";
    private static final String HOST = "host";

    /** All paths that the options name: one, or two with a {@code directHost}. */
    static List<ServerPath> of(DatastoreOptions options) {
        List<ServerPath> paths = new ArrayList<>();
        paths.add(new ServerPath(HOST, options.addresses()));
        if (options.directHost() != null) {
            paths.add(new ServerPath(DIRECT, options.directAddresses()));
        }
        return paths;
    }

    boolean isDirect() {
        return option.equals(DIRECT);
    }

    /** Begins a finding; empty for the path that every configuration has. */
    String prefix() {
        return isDirect() ? DIRECT + ": " : "";
    }
}
