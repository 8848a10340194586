// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Debezium;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.peer.R2dbc;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** A client that was stopped: how fast it receives the missed changes. */
final class CatchUp implements Scenario {

    private static final String TYPED = Ours.NAME + ", typed";
    private static final String SOURCE_SLOT = "catch_up_source";
    private static final long WAIT_MINUTES = 5;

    @Override
    public String name() {
        return "catch-up";
    }

    @Override
    public String description() {
        return "draining many changes, beside a bare R2DBC select of the same rows and Debezium "
                + "draining the same changes";
    }

    @Override
    public void run(Stage stage) {
        int count = stage.choose(2_000, 100_000, 500_000);
        stage.say("Making " + count + " changes");
        Database library = stage.server().create(Capture.LIBRARY);
        Documents.fill(library, count);
        try (Ours ours = Ours.connect(library);
                R2dbc r2dbc = new R2dbc(library)) {
            List<Contender<Double>> contenders = new ArrayList<>(List.of(
                    new Contender<>(Ours.NAME, () -> drain(ours, count, change -> true)),
                    new Contender<>(TYPED, () -> drain(ours, count, change -> Objects.nonNull(change.after()))),
                    new Contender<>(R2dbc.NAME, () -> select(r2dbc, count))));
            List<Goal> goals = new ArrayList<>(List.of(Goal.atLeast(Ours.NAME, 0.5, R2dbc.NAME)));
            if (stage.server().decodesLogically()) {
                contenders.addAll(debezium(stage, count));
                goals.add(Goal.atLeast(Ours.NAME, 3, Debezium.DEFAULT));
                goals.add(Goal.atLeast(Ours.NAME, 3, Debezium.FASTEST));
            } else {
                stage.report().notMeasured(name() + ", Debezium", "wal_level is not logical");
            }
            List<Series> series = stage.rounds("catch-up").warmedUp(contenders).entrySet().stream()
                    .map(entry -> new Series(entry.getKey(), entry.getValue()))
                    .toList();
            stage.report().figure(new Figure(name(), "draining " + count + " changes", "changes/s", series, goals));
        }
        stage.server().dropAll();
    }

    private static double drain(Ours ours, int count, Function<ChangeEvent<HealthEventDocument>, Boolean> use)
            throws Exception {
        return count
                / Clock.seconds(() -> ours.watch(StartAt.beginning(), null, () -> {})
                        .doOnNext(use::apply)
                        .take(count)
                        .blockLast());
    }

    private static double select(R2dbc r2dbc, int count) throws Exception {
        return count
                / Clock.seconds(() -> {
                    Long read = r2dbc.changes().count().block();
                    Lossless.check(count, read == null ? 0 : read, "changes selected");
                    return read;
                });
    }

    /** Each turn drains a copy of a slot that was made before the changes. */
    private static List<Contender<Double>> debezium(Stage stage, int count) {
        Database decoded = stage.server().create(Capture.NONE);
        decoded.execute(
                Debezium.PUBLICATION, "SELECT pg_create_logical_replication_slot('" + SOURCE_SLOT + "', 'pgoutput')");
        Documents.fill(decoded, count);
        AtomicInteger turns = new AtomicInteger();
        return List.of(
                new Contender<>(Debezium.DEFAULT, () -> drain(decoded, turns.incrementAndGet(), count, false)),
                new Contender<>(Debezium.FASTEST, () -> drain(decoded, turns.incrementAndGet(), count, true)));
    }

    /** From the first change to the last: Debezium's start takes seconds, and is not what is measured. */
    private static double drain(Database database, int turn, int count, boolean fastest) throws Exception {
        String slot = "catch_up_" + turn;
        database.execute("SELECT pg_copy_logical_replication_slot('" + SOURCE_SLOT + "', '" + slot + "')");
        AtomicLong arrived = new AtomicLong();
        AtomicLong first = new AtomicLong();
        AtomicLong last = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        Debezium debezium = Debezium.start(database, slot, fastest, () -> {
            long number = arrived.incrementAndGet();
            if (number == 1) {
                first.set(System.nanoTime());
            }
            if (number == count) {
                last.set(System.nanoTime());
                done.countDown();
            }
        });
        try (debezium) {
            if (!done.await(WAIT_MINUTES, TimeUnit.MINUTES)) {
                throw new IllegalStateException("Debezium delivered " + arrived + " of " + count + " changes");
            }
        }
        return count / ((last.get() - first.get()) / 1e9);
    }
}
