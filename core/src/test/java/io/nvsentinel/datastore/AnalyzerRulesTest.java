// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The analyzer's rules run, and give on the server what they give in memory: over a history in which each of them applies to an
 * event, and events of random codes. Half of the events are stored with the names that the library writes, the others as
 * MongoDB has them; the rules know only the latter.
 */
class AnalyzerRulesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final JsonCodec JSON = JsonCodec.jackson3();
    private static final Map<String, String> WRITTEN = Map.of(
            "nodename", "nodeName",
            "checkname", "checkName",
            "isfatal", "isFatal",
            "ishealthy", "isHealthy",
            "errorcode", "errorCode",
            "entitiesimpacted", "entitiesImpacted",
            "entitytype", "entityType",
            "entityvalue", "entityValue",
            "generatedtimestamp", "generatedTimestamp");

    private final AnalyzerRules rules = new AnalyzerRules();
    private final List<Map<String, Object>> history = new ArrayList<>();
    private final long now = Instant.now().getEpochSecond();
    private Datastore datastore;

    @BeforeEach
    void open() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        DATABASE.execute("TRUNCATE health_events");
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void eachRuleAppliesToItsEventAndAllGiveWhatMemoryGives() {
        Map<String, Map<String, Object>> triggers = triggers();
        assertThat(triggers.keySet())
                .containsExactlyInAnyOrderElementsOf(rules.names())
                .hasSize(22);
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        List<Map<String, Object>> noise = noise(new Random(seed));
        store();
        for (int i = 0; i < 22; i++) {
            String name = rules.names().get(i);
            assertThat(verdict(i, triggers.get(name), seed)).as(name).isNotEmpty();
            for (Map<String, Object> event : noise) {
                verdict(i, event, seed);
            }
        }
    }

    @Test
    void whatIsNotSupportedIsRefusedWithItsPlace() {
        for (String[] refused : new String[][] {
            {"[{'$lookup': {'from': 'x', 'localField': 'a', 'foreignField': 'b', 'as': 'c'}}]", "localField"},
            {
                "[{'$setWindowFields': {'output': {'p': {'$shift': {'output': '$a', 'by': -1, 'default': 0}}}}}]",
                "default"
            },
            {"[{'$addFields': {'x': {'$cond': [{'$sinh': 1}, 1, 2]}}}]", "stage 1: x.$cond.0: unknown operator $sinh"},
            {
                "[{'$match': {}}, {'$match': {'$expr': {'$eq': ['$a', {'$toLong': '$b'}]}}}]",
                "stage 2: $match.$expr.$eq.1"
            },
            {
                "[{'$lookup': {'from': 'a', 'pipeline': [{'$out': 'x'}], 'as': 'y'}}]",
                "$lookup: stage 1: unknown stage $out"
            },
            {"[{'$project': {'x': '$$NOW'}}]", "$$NOW"},
            {"[{'$project': {'x': '$$other.y'}}]", "unknown variable $$other"},
            {"[{'$merge': 'x'}]", "$merge"}
        }) {
            assertThatThrownBy(() -> Aggregation.parse(AggregationTest.pipeline(refused[0])))
                    .as(refused[0])
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining(refused[1]);
        }
    }

    private List<Map<String, Object>> verdict(int rule, Map<String, Object> event, long seed) {
        Map<?, ?> healthEvent = (Map<?, ?>) event.get("healthevent");
        Aggregation aggregation = Aggregation.parse(rules.rule(rule, AnalyzerRules.values(healthEvent)));
        List<Map<String, Object>> expected = AggregationEvaluator.run(aggregation.stages(), history);
        List<Map<String, Object>> actual = run(aggregation);
        assertThat(actual.stream().map(AnalyzerRulesTest::comparable).toList())
                .as("seed " + seed + ": " + rules.names().get(rule) + " for " + healthEvent)
                .isEqualTo(expected.stream().map(AnalyzerRulesTest::comparable).toList());
        return actual;
    }

    /** Groups and counts as they are; of events what no spelling changes. */
    private static Object comparable(Map<String, Object> document) {
        if (!document.containsKey("healthevent")) {
            return AggregationCorpusTest.plain(document);
        }
        return List.of(document.get("number").toString(), document.get("registers"), document.get("otherXidEvents"));
    }

    private List<Map<String, Object>> run(Aggregation aggregation) {
        return datastore
                .healthEvents()
                .aggregate(aggregation)
                .<Map<String, Object>>map(LinkedHashMap::new)
                .collectList()
                .block(SOON);
    }

    /** Events to which the rules apply, by the name of the rule. */
    private Map<String, Map<String, Object>> triggers() {
        Map<String, Map<String, Object>> triggers = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            triggers.put("MultipleRemediations", event("remediated", "1", 100_000 * (5 - i), gpu("a")));
            triggers.put("RepeatedXIDErrorOnSameGPU", event("same", "94", 1000 * (6 - i), gpu("b")));
        }
        history.stream()
                .filter(event ->
                        ((Map<?, ?>) event.get("healthevent")).get("nodename").equals("remediated"))
                .forEach(event -> event.put("healtheventstatus", Map.of("faultremediated", Map.of("value", true))));
        for (int i = 0; i < 3; i++) {
            triggers.put("RepeatedXID31OnSameGPU", event("page faults", "31", 5000 - 1000 * i, gpu("c")));
            triggers.put("RepeatedXID31OnDifferentGPU", event("many GPUs", "31", 50 - i, gpu("d" + i)));
            String[] place = {"GPU_UUID", "e", "GPC", "1", "TPC", "2"};
            triggers.put("RepeatedXID13OnSameGPCAndTPC", event("one TPC", "13", 900 - 100 * i, place));
            String[] other = {"GPU_UUID", "f", "GPC", "1", "TPC", "" + i};
            triggers.put("RepeatedXID13OnDifferentGPCAndTPC", event("many TPCs", "13", 900 - 100 * i, other));
            triggers.put("RepeatedNICDriverError", nic("SysLogsNICDriverError", "syslog-health-monitor", 90 - i));
            triggers.put("RepeatedNICDegradation", nic("EthernetDegradationCheck", "nic-health-monitor", 80 - i));
        }
        triggers.put("XIDErrorSoloNoBurst", event("solo", "13", 100, gpu("g")));
        Map<String, int[]> registers = Map.ofEntries(
                Map.entry("XID74Reg0SoloNVLinkError", new int[] {0, 20}),
                Map.entry("XID74Reg0ECCParityError", new int[] {0, 5}),
                Map.entry("RepeatedXID74Reg0HardwareIssue", new int[] {0, 28}),
                Map.entry("XID74Reg0SignalIntegrityError", new int[] {0, 22}),
                Map.entry("XID74Reg0Bit27Or29Set", new int[] {0, 27}),
                Map.entry("RepeatedXID74Reg2HardwareIssue", new int[] {2, 6}),
                Map.entry("XID74Reg2Bit13Set", new int[] {2, 13}),
                Map.entry("RepeatedXID74Reg2Bit16Or19Set", new int[] {2, 19}),
                Map.entry("RepeatedXID74Reg2Bit17Or18Set", new int[] {2, 17}),
                Map.entry("XID74Reg3UnexpectedError", new int[] {3, 16}),
                Map.entry("XID74Reg3Bit18Set", new int[] {3, 18}),
                Map.entry("XID74Reg4HardwareIssue", new int[] {4, 27}),
                Map.entry("XID74Reg4ECCError", new int[] {4, 19}));
        registers.forEach((name, bit) -> {
            event(name, "74", 700, registers(name, bit[0], bit[1]));
            triggers.put(name, event(name, "74", 200, registers(name, bit[0], bit[1])));
        });
        return triggers;
    }

    private List<Map<String, Object>> noise(Random random) {
        List<Map<String, Object>> noise = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String code = List.of("13", "31", "74", "79", "94", "45").get(random.nextInt(6));
            int age = random.nextInt(20) * 60 + (random.nextInt(8) == 0 ? 200_000 : 0);
            String gpu = "x" + random.nextInt(2);
            String[] entities = code.equals("74")
                    ? registers(
                            gpu, random.nextInt(5), List.of(1, 4, 13, 16, 18).get(random.nextInt(5)))
                    : new String[] {"GPU_UUID", gpu, "GPC", "" + random.nextInt(2), "TPC", "" + random.nextInt(2)};
            Map<String, Object> event = event("noise", code, age, random.nextInt(9) == 0 ? new String[0] : entities);
            if (i % 8 == 0) {
                noise.add(event);
            }
        }
        return noise;
    }

    private static String[] gpu(String uuid) {
        return new String[] {"GPU_UUID", uuid};
    }

    private static String[] registers(String gpu, int register, int bit) {
        List<String> entities = new ArrayList<>(List.of("GPU_UUID", gpu, "NVLINK", "3"));
        IntStream.range(0, 7).forEach(i -> {
            entities.add("REG" + i);
            entities.add(i == register ? AnalyzerRules.bit(bit) : "0".repeat(32));
        });
        return entities.toArray(String[]::new);
    }

    private Map<String, Object> nic(String check, String agent, int age) {
        Map<String, Object> event = event(check, "module_unplugged", age, "NIC", "mlx5_0", "NICPort", "1");
        @SuppressWarnings("unchecked")
        Map<String, Object> healthEvent = (Map<String, Object>) event.get("healthevent");
        healthEvent.putAll(Map.of("checkname", check, "agent", agent));
        return event;
    }

    /** An event as MongoDB stores it, with types and values of entities in turn. */
    private Map<String, Object> event(String node, String code, long age, String... entities) {
        List<Map<String, Object>> impacted = new ArrayList<>();
        for (int i = 0; i < entities.length; i += 2) {
            impacted.add(Map.of("entitytype", entities[i], "entityvalue", entities[i + 1]));
        }
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("nodename", node);
        event.put("agent", "syslog-health-monitor");
        event.put("checkname", "SysLogsXIDError");
        event.put("isfatal", false);
        event.put("ishealthy", false);
        event.put("errorcode", List.of(code));
        event.put("entitiesimpacted", impacted);
        event.put("generatedtimestamp", Map.of("seconds", BigDecimal.valueOf(now - age)));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("_id", UUID.randomUUID().toString());
        document.put("number", BigDecimal.valueOf(history.size()));
        document.put(
                "createdAt",
                Instant.parse("2026-10-17T00:00:00Z")
                        .plusSeconds(history.size())
                        .toString());
        document.put("healthevent", event);
        history.add(document);
        return document;
    }

    private void store() {
        for (int i = 0; i < history.size(); i++) {
            Map<String, Object> stored = new LinkedHashMap<>(history.get(i));
            String id = (String) stored.remove("_id");
            @SuppressWarnings("unchecked")
            Map<String, Object> document = i % 2 == 0 ? stored : (Map<String, Object>) written(stored);
            DATABASE.queryForString(
                    "INSERT INTO health_events (id, data) VALUES (CAST(? AS uuid), CAST(? AS jsonb)) RETURNING id",
                    id,
                    new String(JSON.writeTree(document), StandardCharsets.UTF_8));
        }
    }

    private static Object written(Object tree) {
        if (tree instanceof Map<?, ?> map) {
            Map<String, Object> written = new LinkedHashMap<>();
            map.forEach((name, value) -> written.put(WRITTEN.getOrDefault(name, (String) name), written(value)));
            return written;
        }
        return tree instanceof List<?> list
                ? list.stream().map(AnalyzerRulesTest::written).toList()
                : tree;
    }
}
