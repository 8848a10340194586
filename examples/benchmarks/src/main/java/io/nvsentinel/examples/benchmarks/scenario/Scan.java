// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.peer.R2dbc;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.util.List;
import reactor.core.publisher.Flux;

/** Every document of a collection, in order. */
final class Scan implements Scenario {

    private static final String RAW = Ours.NAME + ", bytes";
    private static final String TYPED = Ours.NAME + ", typed";

    @Override
    public String name() {
        return "scan";
    }

    @Override
    public String description() {
        return "every document in order, as bytes and typed, beside one hand-written R2DBC query";
    }

    @Override
    public void run(Stage stage) {
        Database database = stage.server().create(Capture.NONE);
        int count = stage.choose(2_000, 100_000, 100_000);
        Documents.fill(database, count);
        try (Ours ours = Ours.connect(database);
                R2dbc r2dbc = new R2dbc(database)) {
            List<Contender<Double>> contenders = List.of(
                    contender(RAW, count, ours.scanRaw()),
                    contender(R2dbc.NAME, count, r2dbc.scan()),
                    contender(TYPED, count, ours.scan()));
            List<Series> series = stage.rounds("scan").warmedUp(contenders).entrySet().stream()
                    .map(entry -> new Series(entry.getKey(), entry.getValue()))
                    .toList();
            stage.report()
                    .figure(new Figure(
                            name(),
                            "scan of " + count + " documents",
                            "documents/s",
                            series,
                            List.of(Goal.atLeast(RAW, 0.9, R2dbc.NAME), Goal.atLeast(TYPED, 0.5, RAW))));
        }
        stage.server().drop(database);
    }

    private static Contender<Double> contender(String name, int count, Flux<?> scan) {
        return new Contender<>(
                name,
                () -> count
                        / Clock.seconds(() -> {
                            Long read = scan.count().block();
                            Lossless.check(count, read == null ? 0 : read, "documents read by " + name);
                            return read;
                        }));
    }
}
