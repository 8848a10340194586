// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.InsertPeer;
import io.nvsentinel.examples.benchmarks.peer.InsertPeer.Rows;
import io.nvsentinel.examples.benchmarks.peer.Jdbc;
import io.nvsentinel.examples.benchmarks.peer.OurInserts;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.peer.R2dbc;
import io.nvsentinel.examples.benchmarks.peer.VertxInserts;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Single inserts, by many callers at once and by one alone, into the same captured table. */
final class SingleInserts implements Scenario {

    private static final int MANY = 64;

    @Override
    public String name() {
        return "single-inserts";
    }

    @Override
    public String description() {
        return MANY + " callers, and one alone, insert one document each, beside R2DBC, JDBC and Vert.x";
    }

    @Override
    public void run(Stage stage) {
        Database database = stage.server().create(Capture.LIBRARY);
        try (OurInserts ours = new OurInserts(database);
                R2dbc r2dbc = new R2dbc(database);
                Jdbc jdbc = new Jdbc(database);
                VertxInserts vertx = new VertxInserts(database)) {
            List<InsertPeer> peers = List.of(ours, r2dbc, jdbc, vertx);
            AtomicLong stored = new AtomicLong();
            measure(stage, peers, stored, Load.of(MANY, stage.choose(200, 6_000, 30_000), 3));
            measure(stage, peers, stored, Load.of(1, stage.choose(20, 2_000, 5_000), 0.9));
            Lossless.check(stored.get(), database.number("SELECT count(*) FROM health_events"), "inserts");
            Lossless.check(stored.get(), database.number("SELECT count(*) FROM datastore_changelog"), "changes");
        }
        stage.server().drop(database);
    }

    private void measure(Stage stage, List<InsertPeer> peers, AtomicLong stored, Load load) {
        String title = load.callers() == 1 ? "inserts by 1 caller" : "inserts by " + load.callers() + " callers";
        List<Contender<Double>> contenders = peers.stream()
                .map(peer -> new Contender<>(peer.name(), () -> rate(peer, load, stored)))
                .toList();
        List<Series> series = stage.rounds(title).warmingUp(load.warmUps()).warmedUp(contenders).entrySet().stream()
                .map(entry -> new Series(entry.getKey(), entry.getValue()))
                .toList();
        stage.report()
                .figure(new Figure(
                        name(), title, "inserts/s", series, List.of(Goal.atLeast(Ours.NAME, load.goal(), R2dbc.NAME))));
    }

    private static double rate(InsertPeer peer, Load load, AtomicLong stored) throws Exception {
        double seconds = Clock.seconds(() -> {
            peer.insert(load.rows(), load.callers());
            return null;
        });
        int count = load.rows().json().size();
        stored.addAndGet(count);
        return count / seconds;
    }

    private record Load(int callers, Rows rows, double goal) {

        /** One alone waits for the disk most of the time, and has done little after five seconds. */
        int warmUps() {
            return callers == 1 ? 2 : 1;
        }

        static Load of(int callers, int count, double goal) {
            return new Load(callers, Rows.of(0, count), goal);
        }
    }
}
