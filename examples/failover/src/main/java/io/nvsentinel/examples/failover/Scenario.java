// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.testserver.Await;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One way in which a primary is replaced, on embedded servers under load.
 *
 * @param replication how the standby is kept up to date
 * @param fault what happens
 */
public record Scenario(Replication replication, Fault fault) {

    private static final int BEFORE = 200;
    private static final int AFTER = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final Duration LAST_CHANGES = Duration.ofSeconds(30);

    /**
     * Runs it.
     *
     * @param options what is different from the defaults
     * @return what became of the writes and changes
     */
    public Outcome run(UnaryOperator<DatastoreOptions.Builder> options) {
        try (ServerPair servers = ServerPair.start(replication)) {
            DatastoreOptions chosen =
                    options.apply(ServerPair.options(fault.hosts(servers))).build();
            try (Load load = Load.start(chosen, 0)) {
                load.awaitFlow("before", Long.MIN_VALUE, BEFORE, PATIENCE);
                long lost = System.nanoTime();
                fault.strike(servers);
                load.awaitFlow("on the new primary", servers.movedNanos(), AFTER, PATIENCE);
                String back = servers.now();
                fault.comeBack(servers);
                load.awaitFlow("after the former one is available again", System.nanoTime(), AFTER, PATIENCE);
                load.stopWriting();
                List<Long> stored = stored(servers);
                load.awaitReceived(stored, LAST_CHANGES);
                return Outcome.of(toString(), load, lost, servers.movedNanos(), stored, onFormer(servers, back));
            }
        }
    }

    private static List<Long> stored(ServerPair servers) {
        return servers
                .second()
                .admin()
                .queryForStrings("SELECT data #>> '{healthevent,nodeName}' FROM health_events")
                .stream()
                .map(Load::number)
                .toList();
    }

    /** A process of the former primary may take a moment to see that its client has left. */
    private static long onFormer(ServerPair servers, String since) {
        try {
            Await.until(
                    "no connection to the former primary",
                    Duration.ofSeconds(10),
                    () -> ServerPair.sessions(servers.first(), since) == 0);
            return 0;
        } catch (AssertionError | RuntimeException left) {
            return ServerPair.sessions(servers.first(), since);
        }
    }

    @Override
    public String toString() {
        return fault + ", " + replication;
    }
}
