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
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Small reads, some at the same time: one document by its id, and a node's documents. */
final class Finds implements Scenario {

    private static final int CALLERS = 16;
    private static final String RAW = Ours.NAME + ", bytes";
    private static final String TYPED = Ours.NAME + ", typed";

    @Override
    public String name() {
        return "finds";
    }

    @Override
    public String description() {
        return "by id and by node, " + CALLERS + " at a time, beside hand-written R2DBC that returns bytes";
    }

    @Override
    public void run(Stage stage) {
        Database database = stage.server().create(Capture.NONE);
        int count = stage.choose(Documents.NODES, 100_000, 100_000);
        Documents.fill(database, count);
        List<UUID> ids = Arrays.stream(database.text("SELECT string_agg(id::text, ',') FROM"
                                + " (SELECT id FROM health_events ORDER BY md5(id::text) LIMIT "
                                + stage.choose(50, 5_000, 20_000) + ") AS sampled")
                        .split(","))
                .map(UUID::fromString)
                .toList();
        List<String> nodes = ids.stream()
                .map(id -> Documents.node(Math.floorMod(id.hashCode(), Documents.NODES)))
                .toList();
        try (Ours ours = Ours.connect(database);
                R2dbc r2dbc = new R2dbc(database)) {
            for (Flux<?> found : List.of(ours.findRawByNode(nodes.get(0)), r2dbc.findByNode(nodes.get(0)))) {
                Lossless.check(count / Documents.NODES, found.toStream().count(), "documents of a node");
            }
            compare(
                    stage,
                    "find by id",
                    List.of(
                            contender(RAW, ids, ours::findRawById),
                            contender(R2dbc.NAME, ids, r2dbc::findById),
                            contender(TYPED, ids, ours::findById)));
            compare(
                    stage,
                    "find by node",
                    List.of(
                            contender(RAW, nodes, ours::findRawByNode),
                            contender(R2dbc.NAME, nodes, r2dbc::findByNode),
                            contender(TYPED, nodes, ours::findByNode)));
        }
        stage.server().drop(database);
    }

    private void compare(Stage stage, String title, List<Contender<Double>> contenders) {
        List<Series> series = stage.rounds(title).warmedUp(contenders).entrySet().stream()
                .map(entry -> new Series(entry.getKey(), entry.getValue()))
                .toList();
        stage.report()
                .figure(new Figure(
                        name(),
                        title,
                        "finds/s",
                        series,
                        List.of(Goal.atLeast(RAW, 0.9, R2dbc.NAME), Goal.atLeast(TYPED, 0.5, RAW))));
    }

    private static <K> Contender<Double> contender(String name, List<K> keys, Function<K, Publisher<?>> find) {
        return new Contender<>(
                name,
                () -> keys.size()
                        / Clock.seconds(() -> Flux.fromIterable(keys)
                                .flatMap(key -> Flux.from(find.apply(key)).then(), CALLERS)
                                .blockLast()));
    }
}
