// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.SchemaMode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Failovers in a row under load, which Patroni decides on.
 *
 * @param cluster the cluster
 * @param out where each failover is reported
 */
record PatroniRun(PatroniCluster cluster, PrintStream out) {

    private static final int FLOW = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(180);

    /** How the primary is lost. */
    enum Loss {

        /** Everything on its host is killed, and started again later. */
        KILL,

        /** Its host drops every packet, and stops that later. */
        VANISH,

        /** Patroni is asked for a switchover. */
        SWITCHOVER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    void migrate() {
        Datastore datastore = Objects.requireNonNull(Datastore.connect(ServerPair.options(cluster.addresses())
                        .schemaMode(SchemaMode.MIGRATE)
                        .build())
                .block(PATIENCE));
        datastore.close().block(PATIENCE);
    }

    /** Runs so many of them behind the given hosts, beside what is stored already. */
    Outcome run(String hosts, String path, Loss loss, int times) {
        Host primary = cluster.awaitLeader();
        long first = Long.parseLong(PatroniCluster.query(
                        primary,
                        "SELECT coalesce(max(substr(data #>> '{healthevent,nodeName}', 6)::bigint), -1) + 1 FROM"
                                + " health_events")
                .get(0));
        long lost = 0;
        long moved = 0;
        Load load = Load.start(ServerPair.options(hosts).build(), first);
        try (load) {
            load.awaitFlow("before", Long.MIN_VALUE, FLOW, PATIENCE);
            for (int time = 1; time <= times; time++) {
                lost = System.nanoTime();
                moved = lose(primary, loss, load, time);
                primary = cluster.other(primary);
            }
            load.stopWriting();
            List<Long> stored =
                    PatroniCluster.query(primary, "SELECT data #>> '{healthevent,nodeName}' FROM health_events")
                            .stream()
                            .map(Load::number)
                            .filter(number -> number >= first)
                            .toList();
            load.awaitReceived(stored, Duration.ofSeconds(30));
            return Outcome.of("Patroni, " + loss + " × " + times + path, load, lost, moved, stored, 0);
        }
    }

    private long lose(Host primary, Loss loss, Load load, int time) {
        Host next = cluster.other(primary);
        cluster.awaitSynchronous();
        long begun = System.nanoTime();
        switch (loss) {
            case KILL -> primary.killAll();
            case VANISH -> primary.vanish();
            case SWITCHOVER -> cluster.switchOver(primary);
        }
        long promoted = cluster.awaitPromotion(next);
        load.awaitFlow("on " + next.name(), promoted, FLOW, PATIENCE);
        out.printf(
                Locale.ROOT,
                "    %s %d: promoted after %.1f s (ttl %d s); writes %.1f s and changes %.1f s later%n",
                loss,
                time,
                (promoted - begun) / 1e9,
                PatroniCluster.TTL.toSeconds(),
                load.untilWrites(promoted).toMillis() / 1e3,
                load.untilChanges(promoted).toMillis() / 1e3);
        switch (loss) {
            case KILL -> cluster.startPatroni(primary);
            case VANISH -> primary.returnToNetwork();
            case SWITCHOVER -> {}
        }
        cluster.awaitLeader();
        cluster.awaitSynchronous();
        return promoted;
    }
}
