// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import org.jspecify.annotations.Nullable;

/** Which servers connections may lead to. Thread-safe. */
public interface Eligibility {

    /**
     * Checks the server of a new connection.
     *
     * @param backend what the server says
     * @param writable whether a server that accepts no writes is to be passed over
     * @return the reason for a rejection, or null
     */
    @Nullable
    String objection(Backend backend, boolean writable);

    /**
     * Whether a connection still leads to such a server.
     *
     * @param backend what its server said when it was made
     * @return false if the connection must be replaced
     */
    boolean isCurrent(Backend backend);

    /**
     * Notes whether an attempt to connect succeeded.
     *
     * @param success whether it did
     */
    void attempted(boolean success);
}
