// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.InsertPeer.Rows;
import io.nvsentinel.examples.benchmarks.peer.JdbcBulk;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/** Many documents at once, into the same captured table. */
final class BulkInsert implements Scenario {

    private static final String JDBC = "JDBC, reWriteBatchedInserts";
    private static final int BATCH = 1_000;

    @Override
    public String name() {
        return "bulk-insert";
    }

    @Override
    public String description() {
        return "many documents at once, beside JDBC's rewritten batches and COPY";
    }

    @Override
    public void run(Stage stage) {
        Database database = stage.server().create(Capture.LIBRARY);
        Rows rows = Rows.of(0, stage.choose(500, 50_000, 50_000));
        List<List<HealthEventDocument>> batches = batches(rows.documents());
        AtomicLong stored = new AtomicLong();
        try (Ours ours = Ours.connect(database);
                JdbcBulk jdbc = new JdbcBulk(database)) {
            List<Contender<Double>> contenders = List.of(
                    contender(
                            Ours.NAME,
                            rows,
                            stored,
                            () -> Flux.fromIterable(batches)
                                    .concatMap(ours::insertMany)
                                    .blockLast()),
                    contender(
                            Ours.NAME + ", one statement",
                            rows,
                            stored,
                            () -> ours.insertMany(rows.documents()).block()),
                    contender(JDBC, rows, stored, () -> {
                        jdbc.insert(rows.json(), BATCH);
                        return null;
                    }),
                    contender("JDBC, COPY", rows, stored, () -> {
                        jdbc.copy(rows.json());
                        return null;
                    }));
            List<Series> series = stage.rounds("bulk insert").warmedUp(contenders).entrySet().stream()
                    .map(entry -> new Series(entry.getKey(), entry.getValue()))
                    .toList();
            stage.report()
                    .figure(new Figure(
                            name(),
                            rows.json().size() + " documents, batches of " + BATCH,
                            "documents/s",
                            series,
                            List.of(Goal.atLeast(Ours.NAME, 0.9, JDBC))));
            Lossless.check(stored.get(), database.number("SELECT count(*) FROM health_events"), "documents");
        }
        stage.server().drop(database);
    }

    private static List<List<HealthEventDocument>> batches(List<HealthEventDocument> documents) {
        return IntStream.range(0, (documents.size() + BATCH - 1) / BATCH)
                .mapToObj(i -> documents.subList(i * BATCH, Math.min((i + 1) * BATCH, documents.size())))
                .toList();
    }

    private static Contender<Double> contender(String name, Rows rows, AtomicLong stored, Callable<?> work) {
        return new Contender<>(name, () -> {
            stored.addAndGet(rows.json().size());
            return rows.json().size() / Clock.seconds(work);
        });
    }
}
