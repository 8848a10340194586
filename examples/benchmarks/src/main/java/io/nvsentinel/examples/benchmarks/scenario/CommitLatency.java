// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Latency;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.ChangePeer;
import io.nvsentinel.examples.benchmarks.peer.Debezium;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.OurWatch;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.peer.PolledChangelog;
import io.nvsentinel.examples.benchmarks.report.LatencyChart;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** How long a change takes to a subscriber while nothing else happens. */
final class CommitLatency implements Scenario {

    private static final String POLLER = "bare poller, 10 ms";
    private static final int POLLER_MILLIS = 10;
    private static final int SHORTEST_IDLE = 60;
    private static final int IDLE_SPREAD = 40;
    private static final long SEED = 42;
    private static final int WARM_UP = 5;

    @Override
    public String name() {
        return "commit-latency";
    }

    @Override
    public String description() {
        return "from sending COMMIT to the subscriber, on an idle system, beside LISTEN + select, a poller and Debezium";
    }

    @Override
    public void run(Stage stage) {
        Database library = stage.server().create(Capture.LIBRARY);
        Database notify = stage.server().create(Capture.NOTIFY);
        int samples = stage.choose(5, 30, 300);
        List<Contender<Latency>> contenders = new ArrayList<>(List.of(
                contender(Ours.NAME, library, samples, arrivals -> OurWatch.start(library, 1, arrivals)),
                contender(
                        PolledChangelog.LISTEN,
                        notify,
                        samples,
                        arrivals -> PolledChangelog.listening(notify, arrivals)),
                contender(
                        POLLER,
                        library,
                        samples,
                        arrivals -> PolledChangelog.polling(library, POLLER_MILLIS, arrivals))));
        if (stage.server().decodesLogically()) {
            contenders.addAll(debezium(stage, samples));
        } else {
            stage.report().notMeasured(name() + ", Debezium", "wal_level is not logical");
        }
        report(stage, stage.rounds("commit to subscriber").cold(contenders));
        stage.server().dropAll();
    }

    private static List<Contender<Latency>> debezium(Stage stage, int samples) {
        Database decoded = stage.server().create(Capture.NONE);
        decoded.execute(Debezium.PUBLICATION);
        AtomicInteger slots = new AtomicInteger();
        return List.of(
                contender(
                        Debezium.DEFAULT,
                        decoded,
                        samples,
                        arrivals -> Debezium.start(decoded, "latency_" + slots.incrementAndGet(), false, arrivals)),
                contender(
                        Debezium.FASTEST,
                        decoded,
                        samples,
                        arrivals -> Debezium.start(decoded, "latency_" + slots.incrementAndGet(), true, arrivals)));
    }

    private static Contender<Latency> contender(String name, Database database, int samples, ChangePeer.Start start) {
        return new Contender<>(name, () -> {
            BlockingQueue<Long> arrivals = new LinkedBlockingQueue<>();
            try (ChangePeer peer = start.start(() -> arrivals.add(System.nanoTime()))) {
                Latency latency = sample(database, samples, arrivals);
                Lossless.check(0, arrivals.size(), "more arrivals than commits at " + name + " " + peer.getClass());
                return latency;
            }
        });
    }

    private static Latency sample(Database database, int samples, BlockingQueue<Long> arrivals) throws Exception {
        Latency latency = new Latency();
        Random random = new Random(SEED);
        try (Connection connection = database.connect();
                PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO health_events (data) VALUES (?::jsonb)")) {
            connection.setAutoCommit(false);
            for (int i = 0; i < WARM_UP + samples; i++) {
                Thread.sleep(SHORTEST_IDLE + random.nextInt(IDLE_SPREAD));
                insert.setString(1, Documents.text(i));
                insert.executeUpdate();
                long commit = System.nanoTime();
                connection.commit();
                Long arrival = arrivals.poll(30, TimeUnit.SECONDS);
                if (arrival == null) {
                    throw new IllegalStateException("A change did not arrive");
                }
                if (i >= WARM_UP) {
                    latency.record(arrival - commit);
                }
            }
        }
        return latency;
    }

    private void report(Stage stage, Map<String, List<Latency>> results) {
        stage.report()
                .figure(new Figure(
                        name(),
                        "commit to subscriber, idle, p50",
                        "ms",
                        series(results, 50),
                        List.of(Goal.atMost(Ours.NAME, 2, PolledChangelog.LISTEN))));
        stage.report()
                .figure(new Figure(
                        name(),
                        "commit to subscriber, idle, p99",
                        "ms",
                        series(results, 99),
                        List.of(Goal.atMost(Ours.NAME, 3, PolledChangelog.LISTEN))));
        stage.report().chart(LatencyChart.of("commit-latency", "Commit to subscriber on an idle system", results));
    }

    private static List<Series> series(Map<String, List<Latency>> results, double percent) {
        return results.entrySet().stream()
                .map(entry -> Series.of(entry.getKey(), entry.getValue(), latency -> latency.millis(percent)))
                .toList();
    }
}
