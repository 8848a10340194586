// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import reactor.core.Disposable;

/** What many watches and named clients of one process cost while nothing happens: the process and the server. */
final class IdleClients implements Scenario {

    private static final String APPLICATION = "benchmark-idle-clients";
    private static final double MOST_PERCENT = 2;
    private static final double MOST_TRANSACTIONS = 2;
    private static final double PERCENT = 100;

    @Override
    public String name() {
        return "idle-clients";
    }

    @Override
    public String description() {
        return "300 idle watches and 200 idle named clients in one process: its processor time, and transactions at the server";
    }

    @Override
    public void run(Stage stage) throws InterruptedException {
        int watches = stage.choose(3, 300, 300);
        int clients = stage.choose(2, 200, 200);
        Duration window = stage.window(1_000, 30_000, 60_000);
        Database database = stage.server().create(Capture.LIBRARY);
        try (ChildJvm child = ChildJvm.start(
                Subscribers.class, "256m", database, Integer.toString(watches), Integer.toString(clients))) {
            Lossless.check(watches + clients, Long.parseLong(child.line()), "subscribers");
            // What was compiled, opened and forgotten at the start is over.
            Thread.sleep(stage.window(500, 20_000, 30_000).toMillis());
            stage.say(watches + " watches and " + clients + " named clients are idle for " + window.toSeconds() + " s");
            report(stage, database, child, watches + " idle watches, " + clients + " idle named clients", window);
        }
        stage.server().drop(database);
    }

    private void report(Stage stage, Database database, ChildJvm child, String what, Duration window)
            throws InterruptedException {
        long transactions = transactions(stage, database);
        Duration used = child.processorTime();
        long began = System.nanoTime();
        Thread.sleep(window.toMillis());
        double percent = PERCENT * child.processorTime().minus(used).toNanos() / (System.nanoTime() - began);
        // What the server's processes have counted lately is published within a second; both ends lack equally much.
        double rate = (transactions(stage, database) - transactions) / seconds(window);
        stage.report()
                .figure(new Figure(
                        name(),
                        what + ": processor time of their process",
                        "% of one core",
                        List.of(new Series(Ours.NAME, List.of(percent))),
                        List.of(Goal.valueAtMost(Ours.NAME, MOST_PERCENT))));
        stage.report()
                .figure(new Figure(
                        name(),
                        what + ": transactions at the server",
                        "transactions/s",
                        List.of(new Series(Ours.NAME, List.of(rate))),
                        List.of(Goal.valueAtMost(Ours.NAME, MOST_TRANSACTIONS))));
    }

    private static double seconds(Duration window) {
        return window.toMillis() / 1_000.0;
    }

    /** Asked from another database, so that asking is not counted. */
    private static long transactions(Stage stage, Database database) {
        return stage.server()
                .admin()
                .number("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '" + database.name()
                        + "'");
    }

    /** The child's program: watches until its input ends. */
    static final class Subscribers {

        private Subscribers() {}

        /**
         * Watches.
         *
         * @param arguments the database, how many watches, how many named clients
         * @throws IOException if the input cannot be read
         * @throws InterruptedException if it is interrupted
         */
        public static void main(String... arguments) throws IOException, InterruptedException {
            int watches = Integer.parseInt(ChildJvm.arguments(arguments).get(0));
            int clients = Integer.parseInt(ChildJvm.arguments(arguments).get(1));
            CountDownLatch subscribed = new CountDownLatch(watches + clients);
            List<Disposable> running = new ArrayList<>();
            try (Ours ours = Ours.connect(ChildJvm.database(arguments), APPLICATION)) {
                for (int i = 0; i < watches + clients; i++) {
                    String client = i < watches ? null : "client " + i;
                    running.add(ours.watch(StartAt.now(), client, subscribed::countDown)
                            .subscribe());
                }
                subscribed.await();
                System.out.println(watches + clients);
                System.in.read();
                running.forEach(Disposable::dispose);
            }
        }
    }
}
