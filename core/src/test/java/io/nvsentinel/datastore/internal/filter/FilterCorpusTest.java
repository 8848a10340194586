// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Both readers of a filter give the same verdict, on generated filters and documents. A failure names its seed;
 * {@code -Dcorpus.seed=…} runs that round alone, {@code -Dcorpus.rounds=…} runs more of them.
 */
@Tag("essential")
class FilterCorpusTest {

    private static final int DOCUMENTS = 40;
    private static final int FILTERS = 50;

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static TestTables tables;

    @BeforeAll
    static void start() {
        tables = new TestTables(DATABASE.get());
    }

    @AfterAll
    static void stop() {
        tables.close();
    }

    @Test
    void anyCollection() {
        rounds("things", FieldMap.GENERIC);
    }

    @Test
    void healthEvents() {
        rounds("health_events", FieldMap.HEALTH_EVENTS);
    }

    @Test
    void healthEventsInAnotherColumn() {
        rounds("health_events", FieldMap.HEALTH_EVENTS.over("t.data", "id"));
    }

    @Test
    void maintenanceEvents() {
        rounds("maintenance_events", FieldMap.MAINTENANCE_EVENTS);
    }

    private static void rounds(String table, FieldMap map) {
        Long seed = Long.getLong("corpus.seed");
        if (seed != null) {
            round(table, map, seed);
            return;
        }
        long first = System.nanoTime();
        Verdicts all = new Verdicts(0, 0);
        for (int i = 0; i < Integer.getInteger("corpus.rounds", 12); i++) {
            all = all.plus(round(table, map, first + i));
        }
        assertThat(all.matched)
                .as("matched of " + all.judged + ": both verdicts have to be common for the corpus to mean anything")
                .isBetween(all.judged / 20, all.judged * 19 / 20);
    }

    private record Verdicts(long judged, long matched) {
        Verdicts plus(Verdicts more) {
            return new Verdicts(judged + more.judged, matched + more.matched);
        }
    }

    private static Verdicts round(String table, FieldMap map, long seed) {
        FieldMap names = table.equals("health_events") ? FieldMap.HEALTH_EVENTS : map;
        CorpusGenerator corpus = new CorpusGenerator(new Random(seed), names, names == map);
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < DOCUMENTS; i++) {
            documents.add(JsonText.write(corpus.document()));
        }
        List<TestTables.Stored> stored = tables.store(table, documents);
        corpus.over(stored);
        Verdicts verdicts = new Verdicts(0, 0);
        for (int i = 0; i < FILTERS; i++) {
            verdicts = verdicts.plus(compare(table, map, corpus.filter(0), stored, seed));
        }
        return verdicts;
    }

    private static Verdicts compare(
            String table, FieldMap map, Filter filter, List<TestTables.Stored> stored, long seed) {
        List<Integer> found;
        try {
            found = tables.find(table, filter, map);
        } catch (RuntimeException e) {
            throw new AssertionError(
                    "seed " + seed + ": " + filter + " renders to what the server refuses: "
                            + FilterSql.render(filter, map, 1).sql(),
                    e);
        }
        FilterPredicate predicate = FilterPredicate.compile(filter, map);
        List<Integer> matched = stored.stream()
                .filter(each -> predicate.test(each.document(), each.context()))
                .map(TestTables.Stored::number)
                .toList();
        assertThat(found)
                .as(() -> report(map, filter, stored, found, matched, seed))
                .isEqualTo(matched);
        return new Verdicts(stored.size(), matched.size());
    }

    private static String report(
            FieldMap map,
            Filter filter,
            List<TestTables.Stored> stored,
            List<Integer> found,
            List<Integer> matched,
            long seed) {
        return "seed " + seed + "\nfilter " + filter + "\nSQL "
                + FilterSql.render(filter, map, 1).sql()
                + stored.stream()
                        .filter(each -> found.contains(each.number()) != matched.contains(each.number()))
                        .map(each -> "\n" + (found.contains(each.number()) ? "only SQL: " : "only memory: ")
                                + each.document())
                        .collect(Collectors.joining());
    }
}
