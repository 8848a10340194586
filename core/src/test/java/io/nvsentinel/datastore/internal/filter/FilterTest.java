// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static io.nvsentinel.datastore.query.Filter.and;
import static io.nvsentinel.datastore.query.Filter.eq;
import static io.nvsentinel.datastore.query.Filter.exists;
import static io.nvsentinel.datastore.query.Filter.gt;
import static io.nvsentinel.datastore.query.Filter.gte;
import static io.nvsentinel.datastore.query.Filter.in;
import static io.nvsentinel.datastore.query.Filter.lt;
import static io.nvsentinel.datastore.query.Filter.lte;
import static io.nvsentinel.datastore.query.Filter.ne;
import static io.nvsentinel.datastore.query.Filter.nin;
import static io.nvsentinel.datastore.query.Filter.nor;
import static io.nvsentinel.datastore.query.Filter.not;
import static io.nvsentinel.datastore.query.Filter.or;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What filters mean, each asked of the server and in memory. Names of tests end in the rows of the acceptance list. */
@Tag("essential")
class FilterTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static TestTables tables;

    private String table = "health_events";
    private FieldMap map = FieldMap.HEALTH_EVENTS;
    private List<TestTables.Stored> stored = List.of();

    @BeforeAll
    static void start() {
        tables = new TestTables(DATABASE.get());
    }

    @AfterAll
    static void stop() {
        tables.close();
    }

    private void given(String... documents) {
        stored = tables.store(table, List.of(documents));
    }

    private void givenThings(String... documents) {
        table = "things";
        map = FieldMap.GENERIC;
        given(documents);
    }

    private List<Integer> matching(Filter filter) {
        List<Integer> found = tables.find(table, filter, map);
        FilterPredicate predicate = FilterPredicate.compile(filter, map);
        assertThat(stored.stream()
                        .filter(each -> predicate.test(each.document(), each.context()))
                        .map(TestTables.Stored::number))
                .as("in memory as in SQL: " + filter)
                .isEqualTo(found);
        return found;
    }

    private List<Integer> matching(Map<String, ?> filter) {
        return matching(Filter.parse(filter));
    }

    // Query builder

    @Test
    void equalityOnATopLevelName_Q1() {
        givenThings("{\"agent\": \"a\"}", "{\"agent\": \"b\"}", "{}");
        assertThat(matching(eq("agent", "a"))).containsExactly(0);
        assertThat(FilterSql.render(eq("agent", "a"), map, 1).sql()).doesNotContain("agent");
    }

    @Test
    void everySpellingIsFound_Q2_F3() {
        given(
                "{\"healtheventstatus\": {\"nodequarantined\": \"Quarantined\"}}",
                "{\"healtheventstatus\": {\"nodeQuarantined\": \"Quarantined\"}}",
                "{\"healthEventStatus\": {\"nodeQuarantined\": \"Quarantined\"}}",
                "{\"healtheventstatus\": {\"nodequarantined\": null, \"nodeQuarantined\": \"Quarantined\"}}",
                "{\"healtheventstatus\": {\"nodequarantined\": \"UnQuarantined\", \"nodeQuarantined\": \"Quarantined\"}}",
                "{\"nodequarantined\": \"Quarantined\"}");
        for (String path : List.of(
                "healtheventstatus.nodequarantined",
                "healthEventStatus.nodeQuarantined",
                "HEALTHEVENTSTATUS.NODEQUARANTINED",
                "node_quarantined")) {
            assertThat(matching(eq(path, "Quarantined"))).containsExactly(0, 1, 2, 3);
            assertThat(matching(Map.of(path, Map.of("$in", List.of("Quarantined", "AlreadyQuarantined")))))
                    .containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void idIsTheColumn_Q3() {
        given("{\"id\": \"x\"}", "{}");
        UUID id = stored.get(1).context().id();
        assertThat(matching(eq("id", id))).containsExactly(1);
        assertThat(matching(eq("_id", id.toString()))).containsExactly(1);
        assertThat(matching(ne("id", id))).containsExactly(0);
        assertThat(matching(in("id", List.of(id, UUID.randomUUID())))).containsExactly(1);
        assertThat(matching(or(lt("id", id), gte("id", id)))).containsExactly(0, 1);
        assertThat(matching(exists("id", true))).containsExactly(0, 1);
        assertThat(matching(eq("id", null))).isEmpty();
        assertThatThrownBy(() -> FilterSql.render(eq("id", "not-a-uuid"), map, 1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("id")
                .hasMessageContaining("UUID")
                .hasMessageNotContaining("not-a-uuid");
    }

    @Test
    void numbersMatchNumbersOnly_Q4_F11() {
        givenThings("{\"a\": 1}", "{\"a\": 1.0}", "{\"a\": \"1\"}", "{\"a\": true}", "{\"a\": [1]}");
        assertThat(matching(eq("a", 1))).containsExactly(0, 1, 4);
        assertThat(matching(eq("a", 1L))).containsExactly(0, 1, 4);
        assertThat(matching(eq("a", new BigDecimal("1.00")))).containsExactly(0, 1, 4);
        assertThat(matching(eq("a", "1"))).containsExactly(2);
        assertThat(matching(eq("a", true))).containsExactly(3);
        assertThat(matching(eq("a", List.of(1.0)))).containsExactly(4);
    }

    @Test
    void notEqualIsTheComplement_Q5_P5() {
        givenThings("{\"a\": 1}", "{\"a\": 2}", "{\"a\": null}", "{}");
        assertThat(matching(ne("a", 1))).containsExactly(1, 2, 3);
        assertThat(matching(nin("a", List.of(1, 2)))).containsExactly(2, 3);
        assertThat(matching(nor(eq("a", 1), eq("a", null)))).containsExactly(1);
        assertThat(matching(not(gt("a", 1)))).containsExactly(0, 2, 3);
        assertThat(matching(not(not(gt("a", 1))))).containsExactly(1);
    }

    @Test
    void inHoldsForAnyOfTheValues_Q6() {
        givenThings("{\"a\": 1}", "{\"a\": \"x\"}", "{\"a\": null}", "{}", "{\"a\": {\"b\": [1]}}");
        assertThat(matching(in("a", List.of(1, "x")))).containsExactly(0, 1);
        assertThat(matching(in("a", Arrays.asList("x", null)))).containsExactly(1, 2, 3);
        assertThat(matching(in("a", List.of(Map.of("b", List.of(1)))))).containsExactly(4);
        assertThat(matching(in("a", List.of()))).isEmpty();
        assertThat(matching(nin("a", List.of()))).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void orderIsByValue_Q7() {
        givenThings("{\"a\": 9}", "{\"a\": 10}", "{\"a\": \"9\"}", "{\"a\": 9.5}", "{\"a\": -1e3}", "{}");
        assertThat(matching(lt("a", 10))).containsExactly(0, 3, 4);
        assertThat(matching(gte("a", 9.5))).containsExactly(1, 3);
        assertThat(matching(gt("a", "10"))).containsExactly(2);
    }

    @Test
    void textsOrderByCodePoint() {
        givenThings(
                "{\"a\": \"B\"}",
                "{\"a\": \"a\"}",
                "{\"a\": \"ä\"}",
                "{\"a\": \"\uFFFD\"}",
                "{\"a\": \"😀\"}",
                "{\"a\": \"\"}");
        assertThat(matching(gt("a", "\uFFFD"))).containsExactly(4);
        assertThat(matching(lt("a", "a"))).containsExactly(0, 5);
        assertThat(matching(lte("a", "ä"))).containsExactly(0, 1, 2, 5);
    }

    @Test
    void booleansOrderFalseFirst_F11() {
        givenThings("{\"a\": false}", "{\"a\": true}", "{\"a\": 1}", "{}");
        assertThat(matching(gt("a", false))).containsExactly(1);
        assertThat(matching(lte("a", true))).containsExactly(0, 1);
    }

    @Test
    void andOrNesting_Q8_Q10_Q11_P11() {
        givenThings("{\"a\": 1, \"b\": 1}", "{\"a\": 1, \"b\": 2}", "{\"a\": 2, \"b\": 1}", "{\"a\": 3, \"b\": 3}");
        assertThat(matching(and(eq("a", 1), eq("b", 1)))).containsExactly(0);
        assertThat(matching(or(eq("a", 2), eq("b", 2)))).containsExactly(1, 2);
        assertThat(matching(or(
                        and(in("a", List.of(1, 2)), in("b", List.of(2, 4))),
                        and(in("a", List.of(3)), in("b", List.of(3, 5))))))
                .containsExactly(1, 3);
        assertThat(matching(and(or(eq("a", 1), eq("a", 2)), eq("b", 1)))).containsExactly(0, 2);
        assertThat(matching(Map.of(
                        "$and", List.of(Map.of("$or", List.of(Map.of("a", 1), Map.of("a", 2))), Map.of("b", 1)))))
                .containsExactly(0, 2);
        assertThat(matching(and())).containsExactly(0, 1, 2, 3);
        assertThat(matching(or())).isEmpty();
        assertThat(matching(nor())).containsExactly(0, 1, 2, 3);
    }

    @Test
    void bothBoundsOfARangeCount_Q9_F7_P8() {
        givenThings("{\"a\": 4}", "{\"a\": 5}", "{\"a\": 7}", "{\"a\": 10}", "{\"a\": 11}");
        assertThat(matching(and(gte("a", 5), lte("a", 10)))).containsExactly(1, 2, 3);
        assertThat(matching(Map.of("a", Map.of("$gte", 5, "$lte", 10)))).containsExactly(1, 2, 3);
    }

    @Test
    void createdAtIsTheColumn_Q12_F4() {
        given("{\"createdAt\": \"1999-01-01T00:00:00Z\"}", "{}", "{}");
        Instant second = stored.get(1).context().createdAt();
        for (String path : List.of("createdAt", "created_at", "createdat")) {
            assertThat(matching(gte(path, second))).containsExactly(1, 2);
            assertThat(matching(Map.of(path, Map.of("$gte", second.toString()))))
                    .containsExactly(1, 2);
            assertThat(matching(Map.of(path, Map.of("$lt", Map.of("$date", second.toString())))))
                    .containsExactly(0);
        }
        assertThatThrownBy(() -> matching(eq("createdAt", 5)))
                .hasMessageContaining("createdAt")
                .hasMessageContaining("RFC 3339");
    }

    @Test
    void columnNamesOfMaintenanceEvents_Q12() {
        table = "maintenance_events";
        map = FieldMap.MAINTENANCE_EVENTS;
        given("{\"status\": \"DETECTED\", \"scheduledStartTime\": \"2026-11-01T10:00:00+01:00\"}", "{\"status\": 5}");
        assertThat(matching(eq("status", "DETECTED"))).containsExactly(0);
        assertThat(matching(eq("scheduled_start_time", Instant.parse("2026-11-01T09:00:00Z"))))
                .containsExactly(0);
        assertThat(FilterSql.render(eq("STATUS", "DETECTED"), map, 1).sql()).isEqualTo("(\"status\" = $1)");
    }

    @Test
    void deepPaths_Q13() {
        givenThings(
                "{\"a\": {\"b\": {\"c\": \"x\"}}}", "{\"a\": {\"b\": \"c\"}}", "{\"a\": [{\"b\": {\"c\": \"x\"}}]}");
        assertThat(matching(eq("a.b.c", "x"))).containsExactly(0, 2);
        assertThat(matching(eq("a.0.b.c", "x"))).containsExactly(2);
        assertThat(matching(eq("a.-1.b.c", "x"))).containsExactly(2);
    }

    @Test
    void nothingMatchesAll_Q14_F1() {
        givenThings("{}", "{\"a\": 1}");
        assertThat(matching(Filter.all())).containsExactly(0, 1);
        assertThat(matching(Map.of())).containsExactly(0, 1);
        assertThat(Filter.parse(null)).isEqualTo(Filter.all());
        assertThat(FilterSql.render(Filter.all(), map, 1).bindings()).isEmpty();
    }

    @Test
    void nullMeansNullOrMissing_Q15_F12_P2() {
        givenThings("{\"a\": null}", "{}", "{\"a\": 0}", "{\"a\": {}}");
        assertThat(matching(eq("a", null))).containsExactly(0, 1);
        assertThat(matching(ne("a", null))).containsExactly(2, 3);
        assertThat(matching(eq("a.b", null))).containsExactly(0, 1, 2, 3);
        java.util.Map<String, Object> isNull = new java.util.HashMap<>();
        isNull.put("$eq", null);
        assertThat(matching(Map.of("a", isNull))).containsExactly(0, 1);
    }

    // Filter maps

    @Test
    void lowerCaseFindsStoredNames_F2_P1_P3() {
        given(
                "{\"healthevent\": {\"nodeName\": \"n\", \"entitiesImpacted\": [{\"entityType\": \"GPU\"}]}}",
                "{\"nodeName\": \"n\"}");
        assertThat(matching(Map.of("healthevent.nodename", "n"))).containsExactly(0, 1);
        assertThat(matching(Map.of("HealthEvent.NODENAME", "n"))).containsExactly(0, 1);
        assertThat(matching(Map.of("NodeName", "n"))).containsExactly(0, 1);
        assertThat(matching(Map.of("healthevent.entitiesimpacted", Map.of("$elemMatch", Map.of("entitytype", "GPU")))))
                .containsExactly(0);
    }

    @Test
    void unknownOperatorIsNamedWithItsPlace_F5_P9() {
        for (Map<String, ?> bad : List.<Map<String, ?>>of(
                Map.of("a.b", Map.of("$type", 2)), Map.of("$and", List.of(Map.of("a.b", Map.of("$type", 2)))))) {
            assertThatThrownBy(() -> Filter.parse(bad))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("$type")
                    .hasMessageContaining("a.b")
                    .hasMessageContaining("$gte");
        }
        assertThatThrownBy(() -> Filter.parse(Map.of("$where", "1"))).hasMessageContaining("$where");
    }

    @Test
    void allConditionsOfAMapCount_F6() {
        givenThings(
                "{\"a\": 1, \"b\": \"x\", \"c\": 5}",
                "{\"a\": 2, \"b\": \"x\", \"c\": 5}",
                "{\"a\": 1, \"b\": \"z\", \"c\": 5}",
                "{\"a\": 1, \"b\": \"y\", \"c\": 4}");
        assertThat(matching(Map.of("a", 1, "b", Map.of("$in", List.of("x", "y")), "c", Map.of("$gte", 5))))
                .containsExactly(0);
    }

    @Test
    void logicalOperatorsTakeAnyList_F9() {
        givenThings("{\"a\": 1}", "{\"a\": 2}", "{\"a\": 3}");
        for (Object list : List.of(
                List.of(Map.of("a", 1), Map.of("a", 2)),
                new Object[] {Map.of("a", 1), Map.of("a", 2)},
                java.util.Set.of(Map.of("a", 1), Map.of("a", 2)))) {
            assertThat(matching(Map.of("$or", list))).containsExactly(0, 1);
            assertThat(matching(Map.of("$nor", list))).containsExactly(2);
        }
        for (Object bad : List.of(List.of(), List.of("a"), Map.of("a", 1), 5)) {
            assertThatThrownBy(() -> Filter.parse(Map.of("$or", bad)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("$or");
        }
    }

    @Test
    void existsAsksForTheName_F13_F14_B9() {
        given(
                "{\"healthevent\": {\"processingStrategy\": 1}}",
                "{\"healthevent\": {\"processingstrategy\": null}}",
                "{}");
        assertThat(matching(Map.of("healthevent.processingstrategy", Map.of("$exists", true))))
                .containsExactly(0, 1);
        assertThat(matching(Map.of("healthevent.processingstrategy", Map.of("$exists", false))))
                .containsExactly(2);
        assertThatThrownBy(() -> Filter.parse(Map.of("a", Map.of("$exists", "true"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("$exists")
                .hasMessageContaining("true or false");
    }

    @Test
    void everyOperatorOfAMap() {
        givenThings("{\"a\": 5, \"s\": \"xyz\", \"l\": [1, {\"b\": 2}]}", "{}");
        for (Map<String, ?> filter : List.<Map<String, ?>>of(
                Map.of("a", Map.of("$eq", 5)),
                Map.of("a", Map.of("$gt", 4)),
                Map.of("a", Map.of("$lt", 6)),
                Map.of("a", Map.of("$not", Map.of("$ne", 5))),
                Map.of("s", Map.of("$regex", "^x.z$")),
                Map.of("s", Map.of("$startsWith", "xy")),
                Map.of("l", Map.of("$contains", List.of(1))),
                Map.of("l", Map.of("$elemMatch", Map.of("b", 2))),
                Map.of("l", Map.of("$elemMatch", Map.of("$gte", 1, "$lt", 2))),
                Map.of("l", Map.of("$elemMatch", Map.of("$or", List.of(Map.of("b", 2), Map.of("b", 3))))))) {
            assertThat(matching(filter)).as(filter.toString()).containsExactly(0);
        }
        assertThat(matching(Map.of("a", Map.of("$ne", 5)))).containsExactly(1);
        assertThat(matching(Map.of("a", Map.of("$nin", List.of(5))))).containsExactly(1);
        assertThat(tables.find(table, Filter.parse(Map.of("$text", Map.of("$search", "XYZ"))), map))
                .containsExactly(0);
        assertThat(tables.find(table, Filter.parse(Map.of("$jsonPath", "$.l[*].b")), map))
                .containsExactly(0);
    }

    @Test
    void operandsThatDoNotFitAreRefused() {
        for (Map<String, ?> bad : List.<Map<String, ?>>of(
                Map.of("a", Map.of("$in", 5)),
                Map.of("a", Map.of("$gt", List.of(1))),
                Map.of("a", Map.of("$not", 5)),
                Map.of("a", Map.of("$not", Map.of("b", 1))),
                Map.of("a", Map.of("$regex", 5)),
                Map.of("a", Map.of("$regex", "x", "$options", "i")),
                Map.of("a", Map.of("$elemMatch", Map.of())),
                Map.of("a", Map.of("$gt", 1, "b", 2)),
                Map.of("a", Map.of("$date", "yesterday")),
                Map.of("$text", "words"),
                Map.of("a", new Object()))) {
            assertThatThrownBy(() -> Filter.parse(bad)).as(bad.toString()).isInstanceOf(InvalidRequestException.class);
        }
        Map<String, Object> deep = Map.of("$exists", true);
        for (int i = 0; i < 5000; i++) {
            deep = Map.of("$not", deep);
        }
        Map<String, Object> tooDeep = deep;
        assertThatThrownBy(() -> Filter.parse(Map.of("a", tooDeep)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("32");
    }

    // Health events

    @Test
    void absentBooleansAreFalse_P4_B4_B5() {
        given(
                "{\"healthevent\": {\"isHealthy\": true}}",
                "{\"healthevent\": {\"isHealthy\": false}}",
                "{\"healthevent\": {}}",
                "{\"healthevent\": {\"ishealthy\": true}}");
        assertThat(matching(eq("healthevent.ishealthy", false))).containsExactly(1, 2);
        assertThat(matching(eq("healthevent.ishealthy", true))).containsExactly(0, 3);
        assertThat(matching(ne("healthevent.ishealthy", false))).containsExactly(0, 3);
        assertThat(matching(in("healthevent.ishealthy", List.of(false)))).containsExactly(1, 2);
        assertThat(matching(exists("healthevent.ishealthy", false))).containsExactly(2);
    }

    @Test
    void onlyEventsAreAbsentFalse_P6() {
        givenThings("{\"isHealthy\": false}", "{}");
        assertThat(matching(eq("isHealthy", false))).containsExactly(0);
    }

    @Test
    void processingStrategies_P7() {
        given(
                "{\"healthevent\": {\"processingStrategy\": 2}}", "{\"healthevent\": {}}",
                "{\"healthevent\": {\"processingStrategy\": 0}}", "{\"healthevent\": {\"processingStrategy\": 1}}");
        String path = "healthevent.processingstrategy";
        assertThat(matching(or(eq(path, 1), exists(path, false)))).containsExactly(1, 3);
        assertThat(matching(or(in(path, List.of(0, 1)), exists(path, false)))).containsExactly(1, 2, 3);
    }

    @Test
    void remediationInEveryShape_H12() {
        given(
                "{\"healtheventstatus\": {\"faultremediated\": null}}",
                "{\"healtheventstatus\": {\"faultremediated\": true}}",
                "{\"healtheventstatus\": {\"faultremediated\": false}}",
                "{\"healtheventstatus\": {\"faultremediated\": {\"value\": true}}}",
                "{\"healtheventstatus\": {\"faultRemediated\": {\"value\": false}}}",
                "{\"healtheventstatus\": {\"faultremediated\": {\"value\": null}}}",
                "{}");
        assertThat(matching(eq("healtheventstatus.faultremediated", true))).containsExactly(1, 3);
        assertThat(matching(eq("fault_remediated", false))).containsExactly(2, 4);
        assertThat(matching(eq("fault_remediated", null))).containsExactly(0, 5, 6);
    }

    @Test
    void evictionStatusInEverySpelling_H13() {
        given(
                "{\"healtheventstatus\": {\"userpodsevictionstatus\": {\"status\": \"Succeeded\"}}}",
                "{\"healtheventstatus\": {\"userpodsevictionstatus\": {\"Status\": \"Succeeded\"}}}",
                "{\"healthEventStatus\": {\"userPodsEvictionStatus\": {\"status\": \"Succeeded\"}}}");
        assertThat(matching(eq("healtheventstatus.userpodsevictionstatus.status", "Succeeded")))
                .containsExactly(0, 1, 2);
        assertThat(matching(eq("user_pods_eviction_status", "Succeeded"))).containsExactly(0, 1, 2);
    }

    @Test
    void timesInEveryShape() {
        given(
                "{\"healthevent\": {\"generatedTimestamp\": {\"seconds\": 1793491200, \"nanos\": 1999}}}",
                "{\"healthevent\": {\"generatedtimestamp\": \"2026-11-01T01:00:00.000001+01:00\"}}",
                "{\"healthevent\": {\"generatedTimestamp\": {\"$date\": {\"$numberLong\": \"1793491200001\"}}}}",
                "{\"healthevent\": {\"generatedTimestamp\": \"yesterday\"}}",
                "{}");
        Instant time = Instant.parse("2026-11-01T00:00:00.000001Z");
        assertThat(matching(eq("healthevent.generatedTimestamp", time))).containsExactly(0, 1);
        assertThat(matching(gte("healthevent.generatedTimestamp", time))).containsExactly(0, 1, 2);
        assertThat(matching(in("healthevent.generatedTimestamp", Arrays.asList(time, null))))
                .containsExactly(0, 1, 4);
        assertThat(matching(not(gt("healthevent.generatedTimestamp", time)))).containsExactly(0, 1, 3, 4);
    }

    // Structures

    @Test
    void elementsAreMatchedTogether() {
        givenThings(
                "{\"a\": [\"x\", \"y\"]}", "{\"a\": \"x\"}", "{\"a\": [{\"b\": 1, \"c\": 1}, {\"b\": 2, \"c\": 2}]}");
        assertThat(matching(eq("a", "x"))).containsExactly(0, 1);
        assertThat(matching(eq("a", List.of("x", "y")))).containsExactly(0);
        assertThat(matching(eq("a", List.of("y", "x")))).isEmpty();
        assertThat(matching(Filter.elemMatch("a", eq("", "x")))).containsExactly(0);
        assertThat(matching(Filter.elemMatch("a", and(eq("b", 1), eq("c", 1))))).containsExactly(2);
        assertThat(matching(Filter.elemMatch("a", and(eq("b", 1), eq("c", 2))))).isEmpty();
        assertThat(matching(Filter.elemMatch("a", not(eq("", "x"))))).containsExactly(0, 2);
        assertThat(matching(not(Filter.elemMatch("a", eq("", "x"))))).containsExactly(1, 2);
    }

    @Test
    void anElementOfAnArrayIsAValueOfItsField() {
        givenThings(
                "{\"a\": [1, 7, \"x\"]}",
                "{\"a\": [[1], {\"b\": 2}]}",
                "{\"a\": [{\"b\": 1}, {\"b\": [5, 6]}, {\"c\": [{\"d\": \"2026-11-01T00:00:00Z\"}]}]}",
                "{\"a\": 7}",
                "{\"a\": []}",
                "{\"a\": [null]}",
                "{\"a\": [{\"b\": null}]}");
        assertThat(matching(eq("a", 7))).containsExactly(0, 3);
        assertThat(matching(eq("a", 1))).containsExactly(0);
        assertThat(matching(ne("a", 7))).containsExactly(1, 2, 4, 5, 6);
        assertThat(matching(in("a", List.of("x", List.of(1), Map.of("b", 2))))).containsExactly(0, 1);
        assertThat(matching(gt("a", 5))).containsExactly(0, 3);
        assertThat(matching(Filter.startsWith("a", "x"))).containsExactly(0);
        assertThat(matching(Filter.matches("a", "^x$"))).containsExactly(0);
        assertThat(matching(eq("a.b", 6))).containsExactly(2);
        assertThat(matching(eq("a.b", List.of(5, 6)))).containsExactly(2);
        assertThat(matching(in("a.b", List.of(2, 6)))).containsExactly(1, 2);
        assertThat(matching(gte("a.c.d", Instant.parse("2026-11-01T00:00:00Z"))))
                .containsExactly(2);
        assertThat(matching(Filter.elemMatch("a.c", exists("d", true)))).containsExactly(2);
        assertThat(matching(exists("a.b", true))).containsExactly(1, 2, 6);
        assertThat(matching(eq("a.b", null))).containsExactly(0, 3, 4, 5, 6);
        assertThat(matching(eq("a", null))).isEmpty();
        assertThat(matching(eq("a.0", 1))).containsExactly(0, 1);
        assertThat(matching(eq("a.1.b", 6))).containsExactly(2);
    }

    @Test
    void pathsGoThroughTheArraysOfEvents() {
        String entities = "[{\"entityType\": \"GPU\", \"entityValue\": \"1\"}, {\"entityType\": \"NIC\"}]";
        given(
                "{\"healthevent\": {\"errorCode\": [\"31\", \"74\"], \"entitiesImpacted\": " + entities + "}}",
                "{\"healthevent\": {\"errorcode\": [\"31\"], \"entitiesimpacted\": " + entities.toLowerCase(Locale.ROOT)
                        + "}}",
                "{\"healthevent\": {\"errorCode\": \"31\"}}",
                "{\"healthevent\": {\"agent\": [\"31\"]}}",
                "{\"healthevent\": {\"entitiesImpacted\": {\"entityValue\": \"2\"}}}");
        assertThat(matching(eq("healthevent.entitiesimpacted.entityvalue", "2")))
                .containsExactly(4);
        assertThat(matching(Map.of("healthevent.errorcode", "31"))).containsExactly(0, 1, 2);
        assertThat(matching(ne("healthevent.errorCode", "31"))).containsExactly(3, 4);
        assertThat(matching(eq("healthevent.errorcode.0", "31"))).containsExactly(0, 1);
        assertThat(matching(eq("healthevent.entitiesimpacted.entityvalue", "1")))
                .containsExactly(0, 1);
        assertThat(matching(in("healthevent.entitiesimpacted.entitytype", List.of("NIC", "nic"))))
                .containsExactly(0, 1);
        assertThat(matching(eq("healthevent.entitiesImpacted.0.entitytype", "GPU")))
                .containsExactly(0);
        assertThat(matching(eq("healthevent.entitiesImpacted.0.entityType", "gpu")))
                .containsExactly(1);
        assertThat(matching(exists("healthevent.entitiesimpacted.entityvalue", true)))
                .containsExactly(0, 1, 4);
        assertThat(matching(eq("healthevent.entitiesimpacted.entityvalue", null)))
                .containsExactly(0, 1, 2, 3);
        assertThat(matching(Filter.startsWith("healthevent.entitiesimpacted.entitytype", "N")))
                .containsExactly(0);
        assertThat(matching(eq("healthevent.agent", "31"))).isEmpty();
    }

    @Test
    void containment() {
        givenThings("{\"a\": {\"b\": [1, [2, 3], {\"c\": 4, \"d\": 5}]}}", "{\"a\": \"b\"}", "{\"a\": {\"b\": 1}}");
        assertThat(matching(Filter.contains("a.b", List.of(Map.of("c", 4))))).containsExactly(0);
        assertThat(matching(Filter.contains("a", Map.of("b", List.of(List.of(3), 1)))))
                .containsExactly(0);
        assertThat(matching(Filter.contains("a.b", 1))).containsExactly(0, 2);
        assertThat(matching(Filter.contains("a", Map.of("b", 1)))).containsExactly(2);
        assertThat(matching(Filter.contains("", Map.of("a", "b")))).containsExactly(1);
        assertThat(matching(Filter.contains("", Map.of()))).containsExactly(0, 1, 2);
    }

    @Test
    void prefixesAndExpressions() {
        givenThings("{\"a\": \"10% of $1\"}", "{\"a\": \"100\"}", "{\"a\": 100}", "{\"a\": \"x\\ny\"}");
        assertThat(matching(Filter.startsWith("a", "10%"))).containsExactly(0);
        assertThat(matching(Filter.startsWith("a", ""))).containsExactly(0, 1, 3);
        assertThat(matching(Filter.matches("a", "^\\d+$"))).containsExactly(1);
        assertThat(matching(Filter.matches("a", "x.y"))).containsExactly(3);
        assertThat(matching(Filter.matches("a", "\\$1$"))).containsExactly(0);
    }

    // Hostility

    @Test
    void hostileNamesAndValuesAreData() {
        List<String> hostile = List.of(
                "it's",
                "\"",
                "\\",
                "\\'; DROP TABLE things; --",
                "$1",
                "$$",
                "{a,b}",
                "NULL",
                "a.b",
                "ü",
                "😀",
                "\u0001",
                "%",
                "",
                "x".repeat(FieldPath.MAX_NAME_LENGTH));
        givenThings(hostile.stream()
                .map(text -> JsonText.write(Map.of(text, Map.of("in", text))))
                .toArray(String[]::new));
        for (int i = 0; i < hostile.size(); i++) {
            String text = hostile.get(i);
            String path = FieldPath.of(text, "in").toString();
            assertThat(matching(eq(path, text))).as(text).containsExactly(i);
            assertThat(matching(in(path, List.of(text, "other")))).as(text).containsExactly(i);
            assertThat(matching(exists(FieldPath.of(text).toString(), true)))
                    .as(text)
                    .containsExactly(i);
            assertThat(FilterSql.render(eq(path, text), map, 7).sql())
                    .isEqualTo(FilterSql.render(eq("a.b", "c"), map, 7).sql());
        }
    }

    @Test
    void whatPostgreSqlCannotStoreIsRefused() {
        for (Runnable bad : List.<Runnable>of(
                () -> eq("a", "x\u0000"),
                () -> eq("a", Map.of("x\u0000", 1)),
                () -> eq("a", "\uD800"),
                () -> eq("a\u0000", 1),
                () -> eq("a\uDC00", 1),
                () -> Filter.text("\u0000"),
                () -> eq("a", Double.NaN),
                () -> eq("a", Double.NEGATIVE_INFINITY),
                () -> eq("a", new BigDecimal("1E+1001")))) {
            assertThatThrownBy(bad::run).isInstanceOf(InvalidRequestException.class);
        }
        assertThatThrownBy(() -> eq("b.c", List.of(Instant.EPOCH)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("b.c")
                .hasMessageContaining("java.time.Instant");
        assertThatThrownBy(() -> gt("b.c", Map.of()))
                .hasMessageContaining("b.c")
                .hasMessageContaining("gt");
        assertThatThrownBy(() -> eq("a..b", 1)).hasMessageContaining("a..b");
    }

    @Test
    void limits() {
        Filter deep = eq("a", 1);
        for (int i = 1; i < Filter.MAX_DEPTH; i++) {
            deep = not(deep);
        }
        Filter deepest = deep;
        givenThings("{\"a\": 1}", "{}");
        assertThat(matching(deepest)).containsExactly(1);
        assertThatThrownBy(() -> not(deepest))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("32");
        Filter[] many = new Filter[Filter.MAX_NODES - 1];
        Arrays.fill(many, eq("a", 1));
        assertThat(matching(or(many))).containsExactly(0);
        assertThatThrownBy(() -> not(or(many)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("1000");
        List<Integer> values =
                java.util.stream.IntStream.range(0, 10_001).boxed().toList();
        assertThat(matching(in("a", values.subList(1, 10_001)))).containsExactly(0);
        assertThatThrownBy(() -> in("a", values)).hasMessageContaining("10000");
        assertThatThrownBy(() -> eq("a.".repeat(FieldPath.MAX_NAMES) + "a", 1)).hasMessageContaining("32");
        String long1 = "x".repeat(1_000_000);
        assertThat(matching(eq("a", long1))).isEmpty();
        assertThatThrownBy(() -> eq("a", long1 + "x")).hasMessageContaining("1000000");
    }

    /** The server would compile them, for longer than its time-out where repetitions are nested. */
    @Test
    void regularExpressionsOfPathsAreBounded() {
        for (String regex : List.of("((a{0,255}){0,255}){0,255}", "((a{0}){255}){255}", "(a)\\\\1", "(?=a)")) {
            for (String like : List.of(
                    "like_regex \"" + regex + "\"",
                    "like_regex\"" + regex + "\" flag \"i\"",
                    "LIKE_REGEX /* \" */\t\"" + regex + "\"",
                    "starts with \"like_regex\\\\\" || @ like_regex \"" + regex + "\"")) {
                assertThatThrownBy(() -> Filter.jsonPath("$.a ? (@ " + like + ")"))
                        .as(like)
                        .isInstanceOf(InvalidRequestException.class)
                        .hasMessageContaining("$jsonPath");
            }
        }
        for (String path : List.of(
                "$ ? (@ like\\u005fregex \"((a{9}){99}){99}\")",
                "$ ? (@ like_regex $x)", "$ ? (@ like_regex \"\\x28\")")) {
            assertThatThrownBy(() -> Filter.jsonPath(path)).as(path).isInstanceOf(InvalidRequestException.class);
        }
        Filter.jsonPath(
                "$.like_regex ? (@ == \"like_regex ((a{9}){99}){99}\" || @ like_regex \"^a\\\\d+$\" flag \"i\")");
    }

    @Test
    void onlyTheServerFollowsPathsAndSearchesText() {
        givenThings("{\"a\": [{\"b\": \"Node is Down\"}]}", "{\"a\": \"up\"}");
        assertThat(tables.find(table, Filter.jsonPath("$.a[*].b"), map)).containsExactly(0);
        assertThat(tables.find(table, Filter.text("down -up"), map)).containsExactly(0);
        assertThat(tables.find(table, not(Filter.text("down")), map)).containsExactly(1);
        for (Filter filter : List.of(Filter.jsonPath("$.a"), not(Filter.text("x")))) {
            assertThatThrownBy(() -> FilterPredicate.compile(filter, map))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("server");
        }
    }

    @Test
    void parametersAreNumberedFromWhereAsked_Q11_U13_B7() {
        SqlFragment where = FilterSql.render(
                and(eq("node_name", "a"), in("severity", List.of("x", "y"))), FieldMap.HEALTH_EVENTS, 4);
        assertThat(where.sql()).isEqualTo("((\"node_name\" = $4) AND (\"severity\" = ANY($5)))");
        assertThat(where.bindings()).hasSize(2);
    }

    @Test
    void anotherColumnHasNoTimesOfTheRecord() {
        FieldMap images = FieldMap.HEALTH_EVENTS.over("new_values", "record_id");
        assertThat(FilterSql.render(eq("node_name", "n"), images, 1).sql())
                .contains("\"new_values\"")
                .doesNotContain("\"node_name\"");
        assertThat(FilterSql.render(eq("id", UUID.randomUUID()), images, 1).sql())
                .contains("\"record_id\"");
        assertThatThrownBy(() -> FilterPredicate.compile(gt("createdAt", Instant.EPOCH), images))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("created_at");
        assertThatThrownBy(() -> FilterPredicate.compile(gt("created_at", Instant.EPOCH), FieldMap.GENERIC)
                        .test(Map.of(), RecordContext.NONE))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("created_at");
        assertThatThrownBy(() -> FieldMap.GENERIC.over("x\" OR 1=1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void numbersDecodedAsDoubleCompareByValue() {
        FilterPredicate tenth = FilterPredicate.compile(eq("a", new BigDecimal("0.1")), FieldMap.GENERIC);
        assertThat(tenth.test(Map.of("a", 0.1), RecordContext.NONE)).isTrue();
        FilterPredicate huge = FilterPredicate.compile(gt("a", 1), FieldMap.GENERIC);
        assertThat(huge.test(Map.of("a", Double.POSITIVE_INFINITY), RecordContext.NONE))
                .isTrue();
        assertThat(huge.test(Map.of("a", Double.NaN), RecordContext.NONE)).isFalse();
    }

    @Test
    void equalFiltersAreEqual() {
        assertThat(eq("a", 1)).isEqualTo(eq("a", 1.0)).hasSameHashCodeAs(eq("a", 1L));
        assertThat(eq("a", Instant.parse("2026-01-01T00:00:00.000000999Z")))
                .isEqualTo(eq("a", Instant.parse("2026-01-01T00:00:00Z")));
    }

    @Test
    void pathsReadBackWhatTheyWrite() {
        for (FieldPath path : List.of(
                FieldPath.of(),
                FieldPath.of(""),
                FieldPath.of("a.b", "c"),
                FieldPath.of("\\", "\\.", ".", ""),
                FieldPath.of("e", "\\e"))) {
            assertThat(FieldPath.parse(path.toString())).isEqualTo(path);
        }
        for (String bad : List.of(".", "a.", ".a", "a\\", "a\\b")) {
            assertThatThrownBy(() -> FieldPath.parse(bad))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining(bad);
        }
    }

    @Test
    void everyNumberAndCollectionIsAValue() {
        LongAdder adder = new LongAdder();
        adder.add(3);
        for (Number three : List.of(
                (byte) 3,
                (short) 3,
                3,
                3L,
                3f,
                3d,
                BigInteger.valueOf(3),
                new BigDecimal("3.0"),
                new AtomicInteger(3),
                new AtomicLong(3),
                adder)) {
            assertThat(eq("a", three)).as(three.getClass().getName()).isEqualTo(eq("a", 3));
            assertThat(Filter.gt("a", three)).isEqualTo(Filter.gt("a", 3));
        }
        assertThat(eq("a", 0.1f)).isEqualTo(eq("a", new BigDecimal("0.1")));
        for (Number none : List.of(Float.NaN, Double.NEGATIVE_INFINITY)) {
            assertThatThrownBy(() -> eq("a", none))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining(none + " is not a JSON number");
        }
        List<Integer> list = List.of(1, 2);
        for (Collection<Integer> each : List.of(
                new TreeSet<>(list), new LinkedHashSet<>(list), new ArrayDeque<>(list), new LinkedList<>(list))) {
            assertThat(eq("a", each)).as(each.getClass().getName()).isEqualTo(eq("a", list));
            assertThat(Filter.contains("a", Map.of("b", each))).isEqualTo(Filter.contains("a", Map.of("b", list)));
        }
    }
}
