// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Filters come out in a form that an index serves, if there is one. */
@Tag("essential")
class FilterPlanTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static TestTables tables;

    @BeforeAll
    static void start() {
        tables = new TestTables(DATABASE.get());
        tables.store("things", documents("{\"a\": {\"b\": %d}, \"c\": \"x%d\"}"));
        tables.store(
                "health_events",
                documents(
                        "{\"healthevent\": {\"nodeName\": \"n%d\", \"agent\": \"a%d\", \"errorCode\":"
                                + " [\"%1$d\"], \"entitiesImpacted\": [{\"entityType\": \"GPU\", \"entityValue\": \"g%1$d\"}]}}"));
        tables.store("maintenance_events", documents("{\"scheduledStartTime\": {\"seconds\": %d}}"));
        tables.execute("CREATE INDEX by_content ON things USING gin (data jsonb_path_ops)");
        tables.execute("CREATE INDEX by_text ON things USING gin (nvsentinel_words(data))");
        tables.execute("CREATE INDEX by_node ON health_events (node_name)");
        tables.execute("CREATE INDEX by_event ON health_events USING gin (data jsonb_path_ops)");
        tables.execute("CREATE INDEX by_start ON maintenance_events (scheduled_start_time)");
        tables.execute("ANALYZE");
    }

    @AfterAll
    static void stop() {
        tables.close();
    }

    private static List<String> documents(String format) {
        return IntStream.range(0, 3000)
                .mapToObj(i -> String.format(format, i, i))
                .toList();
    }

    private static String plan(String table, Filter filter, FieldMap map) {
        SqlFragment where = FilterSql.render(filter, map, 1);
        return String.join(
                "\n",
                tables.query(
                        "EXPLAIN SELECT number FROM " + table + " WHERE " + where.sql(),
                        where.bindings(),
                        row -> row.get(0, String.class)));
    }

    @Test
    void equalityOnAnyFieldUsesAnIndexOverTheDocument() {
        for (Filter filter : List.of(
                Filter.eq("a.b", 5),
                Filter.in("c", List.of("x1", "x2")),
                Filter.contains("a", Map.of("b", 7)),
                Filter.and(Filter.eq("c", "x5"), Filter.gt("a.b", 3)))) {
            assertThat(plan("things", filter, FieldMap.GENERIC)).contains("by_content");
        }
    }

    @Test
    void everySpellingUsesAnIndexOverTheDocument() {
        assertThat(plan("health_events", Filter.eq("healthevent.componentclass.x", "a"), FieldMap.HEALTH_EVENTS))
                .contains("BitmapOr", "by_event");
    }

    @Test
    void elementsOfArraysUseAnIndexOverTheDocument() {
        for (Filter filter : List.of(
                Filter.eq("healthevent.errorcode", "31"),
                Filter.in("healthevent.errorCode", List.of("31", "74")),
                Filter.eq("healthevent.entitiesimpacted.entityvalue", "g7"),
                Filter.in("healthevent.entitiesimpacted.entityvalue", List.of("g7", "g8")),
                Filter.elemMatch(
                        "healthevent.entitiesImpacted",
                        Filter.and(Filter.eq("entityType", "GPU"), Filter.eq("entityValue", "g9"))))) {
            assertThat(plan("health_events", filter, FieldMap.HEALTH_EVENTS)).contains("by_event");
        }
    }

    @Test
    void mirrorColumnsUseTheirIndexes() {
        assertThat(plan("health_events", Filter.eq("healthevent.nodename", "n5"), FieldMap.HEALTH_EVENTS))
                .contains("by_node");
        assertThat(plan("health_events", Filter.in("node_name", List.of("n5", "n6")), FieldMap.HEALTH_EVENTS))
                .contains("by_node");
        assertThat(plan("health_events", Filter.eq("node_name", null), FieldMap.HEALTH_EVENTS))
                .contains("by_node");
        assertThat(plan(
                        "maintenance_events",
                        Filter.lte("scheduledStartTime", Instant.ofEpochSecond(5)),
                        FieldMap.MAINTENANCE_EVENTS))
                .contains("by_start");
    }

    @Test
    void searchUsesAnIndexOverTheWords() {
        assertThat(plan("things", Filter.text("x55"), FieldMap.GENERIC)).contains("by_text");
    }
}
