// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.update;

import static io.nvsentinel.datastore.query.Update.addToSet;
import static io.nvsentinel.datastore.query.Update.currentDate;
import static io.nvsentinel.datastore.query.Update.inc;
import static io.nvsentinel.datastore.query.Update.pull;
import static io.nvsentinel.datastore.query.Update.push;
import static io.nvsentinel.datastore.query.Update.rename;
import static io.nvsentinel.datastore.query.Update.set;
import static io.nvsentinel.datastore.query.Update.unset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.filter.TestTables;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import io.r2dbc.spi.R2dbcException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What updates do to documents on the server. Names of tests end in the rows of the acceptance list. */
@Tag("essential")
class UpdateTest {

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

    private static String thing(String document, Update... updates) {
        return tables.apply(document, Update.of(updates), FieldMap.GENERIC);
    }

    private static String event(String document, Update... updates) {
        return tables.apply(document, Update.of(updates), FieldMap.HEALTH_EVENTS);
    }

    private static void fails(String sqlState, String document, Update update) {
        assertThatThrownBy(() -> thing(document, update))
                .isInstanceOfSatisfying(
                        R2dbcException.class, e -> assertThat(e.getSqlState()).isEqualTo(sqlState));
    }

    @Test
    void setsATopLevelName_U1() {
        assertThat(thing("{}", set("status", "active"))).isEqualTo("{\"status\": \"active\"}");
        assertThat(thing("{\"status\": 1, \"a\": 2}", set("status", "active")))
                .isEqualTo("{\"a\": 2, \"status\": \"active\"}");
    }

    @Test
    void createsParents_U2_U6() {
        assertThat(thing("{}", set("a.b", 1))).isEqualTo("{\"a\": {\"b\": 1}}");
        assertThat(thing("{\"a\": {\"x\": 0}}", set("a.b.c.d", 1)))
                .isEqualTo("{\"a\": {\"b\": {\"c\": {\"d\": 1}}, \"x\": 0}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "5", "\"text\"", "true"})
    void replacesParentsThatAreNoObjects_U3(String parent) {
        assertThat(thing("{\"a\": " + parent + "}", set("a.b", 1))).isEqualTo("{\"a\": {\"b\": 1}}");
        assertThat(thing("{\"x\": {\"a\": " + parent + "}}", set("x.a.b.c", 1)))
                .isEqualTo("{\"x\": {\"a\": {\"b\": {\"c\": 1}}}}");
    }

    @Test
    void columnsOfTheRecordAreRefused() {
        for (String column : List.of("updated_at", "created_at", "id", "_id", "updatedAt", "createdAt")) {
            for (Update update : List.of(set(column, 1), unset(column), inc(column, 1), rename("a", column))) {
                isRefused(update, column);
            }
        }
        for (String column : List.of("id", "_id")) {
            isRefused(set(column, "2026-01-02T03:04:05Z"), column);
            isRefused(currentDate(column), column);
        }
        assertThatThrownBy(() -> UpdateSql.render(set("created_at", "2026-01-02T03:04:05Z"), FieldMap.GENERIC, 1))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void theTimeOfCreationIsAMemberOfEvents() {
        for (String path : List.of("createdAt", "created_at", "CREATEDAT")) {
            assertThat(event("{\"createdat\": \"2020-01-01T00:00:00Z\"}", set(path, "2026-01-02T04:04:05+01:00")))
                    .isEqualTo("{\"createdAt\": \"2026-01-02T03:04:05Z\"}");
        }
        assertThat(event("{}", currentDate("createdAt"))).startsWith("{\"createdAt\": \"20");
    }

    @Test
    void pullsWhatMatches() {
        String document = "{\"l\": [1, 5, {\"a\": 1, \"b\": 2}, {\"a\": 2}, [5]]}";
        assertThat(thing(document, Update.pullMatching("l", Filter.gt("", 1))))
                .isEqualTo("{\"l\": [1, {\"a\": 1, \"b\": 2}, {\"a\": 2}, [5]]}");
        assertThat(thing(document, Update.parse(Map.of("$pull", Map.of("l", Map.of("a", 1))))))
                .isEqualTo("{\"l\": [1, 5, {\"a\": 2}, [5]]}");
        assertThat(thing(document, Update.parse(Map.of("$pull", Map.of("l", Map.of("$in", List.of(1, 5)))))))
                .isEqualTo("{\"l\": [{\"a\": 1, \"b\": 2}, {\"a\": 2}, [5]]}");
        assertThat(thing("{\"x\": 1}", Update.pullMatching("l", Filter.gt("", 1)), set("x", 2)))
                .isEqualTo("{\"x\": 2}");
        assertThatThrownBy(() -> thing("{\"l\": 1}", Update.pullMatching("l", Filter.gt("", 1))))
                .hasMessageContaining("pull needs an array at l");
        assertThat(event(
                        "{\"healthevent\": {\"entitiesimpacted\": [{\"entitytype\": \"GPU\"}, {\"entityType\": \"NIC\"}]}}",
                        Update.pullMatching("healthevent.entitiesImpacted", Filter.eq("entityType", "GPU"))))
                .isEqualTo("{\"healthevent\": {\"entitiesImpacted\": [{\"entityType\": \"NIC\"}]}}");
    }

    private static void isRefused(Update update, String column) {
        assertThatThrownBy(() -> UpdateSql.render(update, FieldMap.HEALTH_EVENTS, 1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(column);
    }

    @Test
    void columnNamesMeanTheDocument_U5() {
        assertThat(event("{}", set("node_quarantined", "Quarantined"), set("healthevent.message", "m")))
                .isEqualTo("{\"healthevent\": {\"message\": \"m\"}, \"healtheventstatus\": "
                        + "{\"nodequarantined\": \"Quarantined\"}}");
    }

    @Test
    void lastWriteWins_U7() {
        assertThat(thing("{}", set("a", Map.of("x", 1)), set("a.b", 2))).isEqualTo("{\"a\": {\"b\": 2, \"x\": 1}}");
        assertThat(thing("{}", set("a.b", 2), set("a", Map.of("x", 1)))).isEqualTo("{\"a\": {\"x\": 1}}");
        assertThat(thing("{}", set("a", 1), set("a", 2))).isEqualTo("{\"a\": 2}");
        assertThat(thing("{}", push("a", 1), set("b", 1), inc("b", 1), rename("b", "c"), unset("a")))
                .isEqualTo("{\"c\": 2}");
    }

    @Test
    void scalarsKeepTheirPrecision_U8() {
        Map<Object, String> stored = new LinkedHashMap<>();
        stored.put(true, "true");
        stored.put(false, "false");
        stored.put(42, "42");
        stored.put(3.14, "3.14");
        stored.put(new BigDecimal("3.10"), "3.10");
        stored.put(
                new BigDecimal("0.1000000000000000000000000000000000001"), "0.1000000000000000000000000000000000001");
        stored.put(new BigInteger("123456789012345678901234567890"), "123456789012345678901234567890");
        stored.put(Long.MIN_VALUE, "-9223372036854775808");
        stored.put(null, "null");
        stored.put(new UUID(1, 2), "\"00000000-0000-0001-0000-000000000002\"");
        stored.put(Instant.parse("2026-11-01T00:00:00.123456789Z"), "\"2026-11-01T00:00:00.123456789Z\"");
        stored.forEach((value, json) -> assertThat(thing("{}", set("a", value))).isEqualTo("{\"a\": " + json + "}"));
    }

    @Test
    void textsAreEscaped_U9() {
        String text = "it's \"quoted\" \\ $1 \n \u0001 😀 \u2028 {} %";
        Filter stored = Filter.eq("a", text);
        String document = thing("{}", set("a", text));
        tables.store("things", List.of(document, "{\"a\": 1}"));
        assertThat(tables.query(
                        "SELECT number FROM things AS t WHERE "
                                + FilterSql.render(stored, FieldMap.GENERIC, 1).sql(),
                        FilterSql.render(stored, FieldMap.GENERIC, 1).bindings(),
                        row -> row.get(0, Integer.class)))
                .containsExactly(0);
    }

    @Test
    void valuesWithoutAJsonFormAreRefused_U10() {
        record Status(String status) {}
        assertThatThrownBy(() -> set("a.b", new Status("x")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("a.b")
                .hasMessageContaining("Status");
        assertThat(thing("{}", set("a", Map.of("status", "Succeeded"))))
                .isEqualTo("{\"a\": {\"status\": \"Succeeded\"}}");
    }

    @Test
    void structures_U11() {
        assertThat(thing(
                        "{}",
                        set("m", Map.of()),
                        set("l", List.of()),
                        set("n", Arrays.asList(1, null, Map.of("a", List.of())))))
                .isEqualTo("{\"l\": [], \"m\": {}, \"n\": [1, null, {\"a\": []}]}");
    }

    @Test
    void emptyUpdatesAreRefused_U12_U15() {
        assertThatThrownBy(() -> Update.of())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> new Update(List.of())).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Update.parse(Map.of())).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Update.parse(Map.of("$set", Map.of()))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Update.parse(Map.of("a", 1)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("$set");
        assertThatThrownBy(() -> Update.of(Collections.nCopies(101, set("a", 1)).toArray(Update[]::new)))
                .hasMessageContaining("100");
        assertThatThrownBy(() -> set("", 1)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void parametersOfUpdateAndFilterDoNotCollide_U13_U14() {
        tables.store("things", List.of("{\"a\": 1}", "{\"a\": 2}"));
        SqlFragment change = UpdateSql.render(Update.of(set("b", "$1"), inc("a", 10)), FieldMap.GENERIC, 1);
        SqlFragment where = FilterSql.render(
                Filter.eq("a", 2), FieldMap.GENERIC, 1 + change.bindings().size());
        List<Object> bindings = new ArrayList<>(change.bindings());
        bindings.addAll(where.bindings());
        assertThat(tables.query(
                        "UPDATE things SET data = " + change.sql() + " WHERE " + where.sql() + " RETURNING data::text",
                        bindings,
                        row -> row.get(0, String.class)))
                .containsExactly("{\"a\": 12, \"b\": \"$1\"}");
    }

    @Test
    void unsetRemoves() {
        assertThat(thing("{\"a\": {\"b\": 1, \"c\": 2}}", unset("a.b"))).isEqualTo("{\"a\": {\"c\": 2}}");
        assertThat(thing("{\"a\": [1, 2, 3]}", unset("a.-1"))).isEqualTo("{\"a\": [1, 2]}");
        for (String document : List.of("{}", "{\"a\": 5}", "{\"a\": [1]}", "{\"a\": null}")) {
            assertThat(thing(document, unset("a.b"))).isEqualTo(document);
            assertThat(thing(document, unset("a.7"))).isEqualTo(document);
        }
    }

    @Test
    void incAddsExactly() {
        assertThat(thing(
                        "{\"a\": 1, \"b\": 0.1, \"c\": null}", inc("a", -3), inc("b", 0.2), inc("c", 5), inc("d.e", 1)))
                .isEqualTo("{\"a\": -2, \"b\": 0.3, \"c\": 5, \"d\": {\"e\": 1}}");
        fails("2203B", "{\"a\": \"1\"}", inc("a", 1));
        fails("2203B", "{\"a\": [1]}", inc("a", 1));
    }

    @Test
    void arraysGrowAndShrink() {
        assertThat(thing(
                        "{\"a\": [1], \"b\": null}",
                        push("a", 1),
                        push("a", List.of(2)),
                        push("b", null),
                        push("c.d", "x")))
                .isEqualTo("{\"a\": [1, 1, [2]], \"b\": [null], \"c\": {\"d\": [\"x\"]}}");
        assertThat(thing("{\"a\": [1, 1.0, \"1\", [1], 2]}", pull("a", 1), pull("a", List.of(1)), pull("b", 1)))
                .isEqualTo("{\"a\": [\"1\", 2]}");
        assertThat(thing("{\"a\": [1, 1]}", pull("a", 1))).isEqualTo("{\"a\": []}");
        assertThat(thing(
                        "{\"a\": [1]}",
                        addToSet("a", 1.0),
                        addToSet("a", Map.of()),
                        addToSet("a", Map.of()),
                        addToSet("b", 1)))
                .isEqualTo("{\"a\": [1, {}], \"b\": [1]}");
        for (Update update : List.of(push("a", 1), pull("a", 1), addToSet("a", 1))) {
            fails("22039", "{\"a\": {}}", update);
        }
    }

    @Test
    void elementsOfArraysArePickedByNumber() {
        assertThat(thing("{\"a\": [{\"b\": 1}, 2]}", set("a.0.b", 5), set("a.-1.c", 6)))
                .isEqualTo("{\"a\": [{\"b\": 5}, {\"c\": 6}]}");
        fails("22033", "{\"a\": [1]}", set("a.1", 2));
        fails("22033", "{\"a\": [1]}", set("a.x", 2));
        fails("22033", "{\"a\": [1]}", set("a.x.y", 2));
        assertThat(thing("{}", set("a.0", 2))).isEqualTo("{\"a\": {\"0\": 2}}");
    }

    @Test
    void renameMoves() {
        assertThat(thing("{\"a\": {\"b\": [1]}, \"c\": 2}", rename("a.b", "c"))).isEqualTo("{\"a\": {}, \"c\": [1]}");
        assertThat(thing("{\"a\": null}", rename("a", "b.c"))).isEqualTo("{\"b\": {\"c\": null}}");
        assertThat(thing("{\"c\": 2}", rename("a", "c"))).isEqualTo("{\"c\": 2}");
        for (String to : List.of("a", "a.b", "a.b.c")) {
            assertThatThrownBy(() -> UpdateSql.render(rename("a.b", to), FieldMap.GENERIC, 1))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("rename from a.b to " + to);
        }
    }

    @Test
    void currentDateIsTheServersTime() {
        Instant before = Instant.now().minusSeconds(60);
        String document = event("{}", currentDate("drain_finish_timestamp"), currentDate("healthevent.metadata.seen"));
        tables.store("health_events", List.of(document));
        Filter recent = Filter.and(
                Filter.gte("drain_finish_timestamp", before),
                Filter.gte("healthevent.metadata.seen", before),
                Filter.exists("healtheventstatus.drainfinishtimestamp.seconds", true));
        assertThat(tables.query(
                        "SELECT number FROM health_events WHERE "
                                + FilterSql.render(recent, FieldMap.HEALTH_EVENTS, 1)
                                        .sql(),
                        FilterSql.render(recent, FieldMap.HEALTH_EVENTS, 1).bindings(),
                        row -> row.get(0, Integer.class)))
                .containsExactly(0);
    }

    @Test
    void instantsTakeTheFormOfTheField() {
        Instant time = Instant.parse("2026-11-01T00:00:00.123456789Z");
        assertThat(event("{}", set("last_remediation_timestamp", time)))
                .isEqualTo("{\"healtheventstatus\": {\"lastremediationtimestamp\":"
                        + " {\"nanos\": 123456789, \"seconds\": 1793491200}}}");
        assertThat(tables.apply("{}", set("scheduledStartTime", time), FieldMap.MAINTENANCE_EVENTS))
                .isEqualTo("{\"scheduledStartTime\": \"2026-11-01T00:00:00.123456789Z\"}");
    }

    @Test
    void oneSpellingIsLeft() {
        String old = "{\"healthEventStatus\": {\"nodeQuarantined\": \"B\", \"x\": 1}, "
                + "\"healtheventstatus\": {\"nodeQuarantined\": \"A\"}}";
        assertThat(event(old, set("healthEventStatus.nodeQuarantined", "C")))
                .isEqualTo("{\"healtheventstatus\": {\"x\": 1, \"nodequarantined\": \"C\"}}");
        assertThat(event(old, unset("node_quarantined"))).isEqualTo("{\"healtheventstatus\": {\"x\": 1}}");
        assertThat(event(old, rename("node_quarantined", "healthevent.message")))
                .isEqualTo("{\"healthevent\": {\"message\": \"A\"}, \"healtheventstatus\": {\"x\": 1}}");
        assertThat(event("{\"healthevent\": {\"errorcode\": [\"1\"]}}", push("healthevent.errorCode", "2")))
                .isEqualTo("{\"healthevent\": {\"errorCode\": [\"1\", \"2\"]}}");
        assertThat(event(
                        "{\"healthevent\": {\"version\": null, \"errorCode\": null, \"errorcode\": [\"1\"]}}",
                        addToSet("healthevent.ERRORCODE", "1"),
                        inc("healthevent.version", 1)))
                .isEqualTo("{\"healthevent\": {\"version\": 1, \"errorCode\": [\"1\"]}}");
        assertThat(event("{\"nodeName\": \"n\"}", set("node_name", "m")))
                .isEqualTo("{\"healthevent\": {\"nodeName\": \"m\"}}");
    }

    @Test
    void hostileNamesAreData() {
        for (String name : List.of("it's", "\"", "\\", "a.b", "$1", "{a,b}", "😀", "\u0001", "", "NULL")) {
            String path = FieldPath.of(name, "x").toString();
            String document =
                    thing("{}", set(path, name), push(FieldPath.of(name, "l").toString(), name));
            tables.store("things", List.of(document));
            Filter stored = Filter.and(
                    Filter.eq(path, name), Filter.eq(FieldPath.of(name, "l").toString(), List.of(name)));
            assertThat(tables.query(
                            "SELECT number FROM things WHERE "
                                    + FilterSql.render(stored, FieldMap.GENERIC, 1)
                                            .sql(),
                            FilterSql.render(stored, FieldMap.GENERIC, 1).bindings(),
                            row -> row.get(0, Integer.class)))
                    .as(name)
                    .containsExactly(0);
        }
    }

    @Test
    void readsMongoDbsForm() {
        Map<String, Object> update = new LinkedHashMap<>();
        update.put("$set", Map.of("a.b", Map.of("$date", "2026-11-01T00:00:00Z")));
        update.put("$inc", Map.of("n", 2));
        update.put("$push", Map.of("l", Map.of("$each", List.of(1, 1))));
        update.put("$addToSet", Map.of("l", Map.of("$each", List.of(1, 2))));
        update.put("$setOnInsert", Map.of("new only", 1));
        update.put("$pull", Map.of("m", 1));
        update.put("$rename", Map.of("old", "new"));
        update.put("$unset", Map.of("gone", ""));
        assertThat(thing("{\"old\": 1, \"gone\": 1, \"m\": [1, 2]}", Update.parse(update)))
                .isEqualTo(
                        "{\"a\": {\"b\": \"2026-11-01T00:00:00Z\"}, \"l\": [1, 1, 2], \"m\": [2], \"n\": 2, \"new\": 1}");
        for (Map<String, ?> bad : List.<Map<String, ?>>of(
                Map.of("$mul", Map.of("a", 2)),
                Map.of("$push", Map.of("a", Map.of("$each", List.of(1), "$slice", 2))),
                Map.of("$pull", Map.of("a", Map.of("$type", "string"))),
                Map.of("$currentDate", Map.of("a", "date")),
                Map.of("$inc", Map.of("a", "1")),
                Map.of("$set", 5),
                Map.of("$rename", Map.of("a", 1)))) {
            String operator = bad.keySet().iterator().next();
            assertThatThrownBy(() -> Update.parse(bad))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining(operator);
        }
    }

    @Test
    void aRenameWithOnePathInTheOtherIsRefusedWhenItIsMade() {
        for (List<String> paths : List.of(List.of("a", "a"), List.of("a", "a.b"), List.of("a.b.c", "a.b"))) {
            assertThatThrownBy(() -> Update.rename(paths.get(0), paths.get(1)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("rename from " + paths.get(0) + " to " + paths.get(1) + ": one contains the other");
            assertThatThrownBy(() -> Update.parse(Map.of("$rename", Map.of(paths.get(0), paths.get(1)))))
                    .isInstanceOf(InvalidRequestException.class);
        }
        assertThat(thing("{\"a\": 1}", Update.rename("a", "ab"))).isEqualTo("{\"ab\": 1}");
    }
}
