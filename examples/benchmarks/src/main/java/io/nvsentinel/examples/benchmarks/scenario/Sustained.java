// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Latency;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.report.LatencyChart;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * A steady stream of inserts, whether or not the system keeps up: each has its time, and its latency counts from then on. The
 * rate is that at which the reference's MongoDB deployment fell over.
 */
final class Sustained implements Scenario {

    private static final int RATE = 4_200;
    private static final double GOAL_MILLIS = 100;
    private static final int MAX_IN_FLIGHT = 4_096;
    private static final int FIRST_SECONDS = 3;

    @Override
    public String name() {
        return "sustained";
    }

    @Override
    public String description() {
        return "4,200 events a second, from the moment an insert is due to its change's acknowledgement";
    }

    @Override
    public void run(Stage stage) throws Exception {
        int rate = stage.choose(200, RATE, RATE);
        Duration window = stage.window(1_000, 20_000, 300_000);
        Database database = stage.server().create(Capture.LIBRARY);
        try (Ours ours = Ours.connect(database)) {
            // Compilers and caches warm up, as they have in a service that runs for days.
            stage.say("warm-up");
            new Flow(ours, rate).run(Duration.ofSeconds(stage.choose(1, FIRST_SECONDS, FIRST_SECONDS)));
            stage.say(rate + " events a second for " + window.toSeconds() + " s");
            Flow flow = new Flow(ours, rate);
            flow.run(window);
            report(stage, rate, window, flow);
        }
        stage.server().drop(database);
    }

    private void report(Stage stage, int rate, Duration window, Flow flow) {
        String title = rate + " events/s for " + window.toSeconds() + " s, ";
        figure(stage, title + "p50", "ms", flow.latency.millis(50), List.of());
        figure(stage, title + "p99", "ms", flow.latency.millis(99), List.of(Goal.valueAtMost(Ours.NAME, GOAL_MILLIS)));
        figure(stage, title + "lost", "events", flow.lost(), List.of(Goal.valueAtMost(Ours.NAME, 0)));
        figure(stage, title + "delivered twice", "events", flow.repeated(), List.of(Goal.valueAtMost(Ours.NAME, 0)));
        figure(stage, title + "inserts acknowledged", "inserts/s", flow.insertsPerSecond, List.of());
        stage.report()
                .chart(LatencyChart.of(
                        name(),
                        "Insert due to acknowledgement, " + rate + " events a second",
                        Map.of(Ours.NAME, List.of(flow.latency))));
    }

    private void figure(Stage stage, String title, String unit, double value, List<Goal> goals) {
        stage.report().figure(new Figure(name(), title, unit, List.of(new Series(Ours.NAME, List.of(value))), goals));
    }

    /** One stream of inserts and of their changes. */
    private static final class Flow {

        private static final long WAIT_SECONDS = 60;
        private static final AtomicLong CLIENTS = new AtomicLong();

        private final Ours ours;
        private final double nanosEach;
        private final Latency latency = new Latency();
        private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private AtomicIntegerArray arrivals = new AtomicIntegerArray(0);
        private volatile long start;
        private double insertsPerSecond;

        Flow(Ours ours, int rate) {
            this.ours = ours;
            this.nanosEach = 1e9 / rate;
        }

        void run(Duration window) throws InterruptedException {
            int count = (int) (window.toNanos() / nanosEach);
            arrivals = new AtomicIntegerArray(count);
            CountDownLatch subscribed = new CountDownLatch(1);
            Disposable watch = ours.watch(
                            StartAt.now(), "sustained-" + CLIENTS.incrementAndGet(), subscribed::countDown)
                    .subscribe(this::arrived, failure::set);
            if (!subscribed.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("The watch does not start", failure.get());
            }
            insert(count);
            awaitArrivals();
            watch.dispose();
            Throwable failed = failure.get();
            if (failed != null) {
                throw new IllegalStateException("An insert or the watch failed", failed);
            }
        }

        private void insert(int count) throws InterruptedException {
            start = System.nanoTime();
            for (int i = 0; i < count && failure.get() == null; i++) {
                pauseUntil(due(i));
                inFlight.acquire();
                ours.insert(Documents.document(i))
                        .doFinally(signal -> inFlight.release())
                        .subscribe(id -> {}, failure::set);
            }
            inFlight.acquire(MAX_IN_FLIGHT);
            insertsPerSecond = count / Clock.since(start);
        }

        private long due(long number) {
            return start + (long) (number * nanosEach);
        }

        private static void pauseUntil(long time) {
            for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }

        private void arrived(ChangeEvent<HealthEventDocument> change) {
            int number = (int) Documents.number(Objects.requireNonNull(change.after()));
            change.acknowledge();
            latency.record(System.nanoTime() - due(number));
            arrivals.incrementAndGet(number);
        }

        private void awaitArrivals() throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (lost() > 0 && failure.get() == null && System.nanoTime() < end) {
                Thread.sleep(5);
            }
        }

        long lost() {
            return count(arrived -> arrived == 0);
        }

        long repeated() {
            return count(arrived -> arrived > 1);
        }

        private long count(IntPredicate matches) {
            return IntStream.range(0, arrivals.length())
                    .map(arrivals::get)
                    .filter(matches)
                    .count();
        }
    }
}
