// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.List;
import java.util.Map;

/**
 * The health of a datastore, for any framework. Contains no secret and no document. <table> <caption>Details of a
 * datastore; unknown details are omitted</caption>
 *   <tr><th>Key</th><th>Type</th><th>What</th></tr>
 *   <tr><td>{@code roundTripMillis}</td><td>{@code Double}</td><td>how long the server took to answer, without the wait
 *       for a connection</td></tr>
 *   <tr><td>{@code role}</td><td>{@code String}</td><td>{@code primary} or {@code standby}</td></tr>
 *   <tr><td>{@code serverVersion}</td><td>{@code String}</td><td>the server's version</td></tr>
 *   <tr><td>{@code schemaVersion}</td><td>{@code String}</td><td>the newest migration that was applied; omitted if the
 *   user is not allowed to read it</td></tr>
 *   <tr><td>{@code pool}</td><td>{@link PoolMetrics}</td><td>the metrics of the pool</td></tr>
 *   <tr><td>{@code readHosts}</td><td>{@code Map<String, String>}</td><td>of each host to read from: {@code ready}, or why the
 *       last read that tried it did not use it; omitted if there are none; has no effect on the state</td></tr>
 *   <tr><td>{@code certificateDaysLeft}</td><td>{@code Long}</td><td>of the client's certificate</td></tr>
 * </table>
 *
 * @param state up, degraded or down
 * @param reasons why it is not up, one line each; empty if it is up
 * @param details the known details, by name
 */
public record Health(State state, List<String> reasons, Map<String, Object> details) {

    /** The state of a datastore. */
    public enum State {
        /** Everything works. */
        UP,
        /**
         * It works, but needs attention: the server accepts no writes, connections are scarce, or certificates need to
         * be renewed.
         */
        DEGRADED,
        /** It does not answer. */
        DOWN
    }

    /**
     * Keeps copies.
     *
     * @param state up, degraded or down
     * @param reasons why it is not up, one line each
     * @param details the known details, by name
     */
    public Health {
        reasons = List.copyOf(reasons);
        details = Map.copyOf(details);
    }
}
