// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rules of NVSentinel's health events analyzer, with the stages and operators that it uses and its names of fields, for one
 * event: {@code @node} and the like stand for the event's own values.
 */
final class AnalyzerRules {

    private static final String DAY = "86400";
    private static final String SECONDS = "'$healthevent.generatedtimestamp.seconds'";
    private static final String CODE = "{'$arrayElemAt': ['$healthevent.errorcode', 0]}";
    private static final String STICKY = "['74', '79', '95', '109', '119']";
    private static final String ENTITIES = "{'$ifNull': ['$healthevent.entitiesimpacted', []]}";
    private static final String COUNT = "{'$count': 'count'}";
    private static final String ZEROS = "0".repeat(32);

    private final List<String> names = new ArrayList<>();
    private final List<List<String>> rules = new ArrayList<>();

    AnalyzerRules() {
        remediations();
        bursts();
        processors();
        registers();
        nics();
    }

    List<String> names() {
        return names;
    }

    /** A rule as the caller of MongoDB's driver has it. */
    List<Map<String, Object>> rule(int index, Map<String, ?> event) {
        List<Map<String, Object>> stages = new ArrayList<>();
        for (String stage : rules.get(index)) {
            stages.add(map(AggregationTest.JSON.readValue(stage.replace('\'', '"'), Map.class), event));
        }
        return stages;
    }

    private static Map<String, Object> map(Map<?, ?> tree, Map<String, ?> event) {
        Map<String, Object> filled = new LinkedHashMap<>();
        tree.forEach((name, value) -> filled.put((String) name, fill(value, event)));
        return filled;
    }

    private static Object fill(Object value, Map<String, ?> event) {
        if (value instanceof Map<?, ?> tree) {
            return map(tree, event);
        }
        if (value instanceof List<?> list) {
            return list.stream().map(each -> fill(each, event)).toList();
        }
        return value instanceof String text && text.startsWith("@") ? event.get(text.substring(1)) : value;
    }

    private void rule(String name, String... stages) {
        names.add(name);
        rules.add(List.of(stages));
    }

    private static String window(String seconds) {
        return expr("{'$and': [{'$gte': [" + SECONDS + ", {'$subtract': ['@seconds', " + seconds + "]}]}, {'$lte': ["
                + SECONDS + ", '@seconds']}]}");
    }

    private static String expr(String condition) {
        return "{'$match': {'$expr': " + condition + "}}";
    }

    /** The values of the entities of a type, of the candidate or of the event itself. */
    private static String values(String entities, String type) {
        return "{'$map': {'input': {'$filter': {'input': " + entities + ", 'cond': {'$eq': ['$$this.entitytype', '"
                + type + "']}}}, 'in': '$$this.entityvalue'}}";
    }

    private static String value(String entities, String type) {
        return "{'$arrayElemAt': [" + values(entities, type) + ", 0]}";
    }

    private static String sameGpu(String... more) {
        return "{'$match': {" + String.join("", more)
                + "'healthevent.ishealthy': false, 'healthevent.nodename': '@node',"
                + " '$expr': {'$gt': [{'$size': {'$setIntersection': [" + values(ENTITIES, "GPU_UUID") + ", "
                + values("'@entities'", "GPU_UUID") + "]}}, 0]}}}";
    }

    private void remediations() {
        rule(
                "MultipleRemediations",
                window("604800"),
                "{'$match': {'healtheventstatus.faultremediated.value': true, 'healthevent.nodename': '@node',"
                        + " 'healthevent.isfatal': '@isfatal'}}",
                COUNT,
                "{'$match': {'count': {'$gte': 5}}}");
    }

    /** Numbers the bursts of events: a pause begins one, unless a sticky code has come within three hours. */
    private static List<String> numbered(String pause) {
        String sort = "'sortBy': {'healthevent.generatedtimestamp.seconds': 1}, 'output': ";
        return List.of(
                "{'$setWindowFields': {" + sort + "{'prevTimestamp': {'$shift': {'output': " + SECONDS
                        + ", 'by': -1}}}}}",
                "{'$addFields': {'isStickyXid': {'$in': [" + CODE + ", " + STICKY + "]}}}",
                "{'$setWindowFields': {" + sort
                        + "{'allPreviousEvents': {'$push': '$$ROOT', 'window': {'documents': ['unbounded', -1]}}}}}",
                "{'$addFields': {'stickyXidWithin3Hours': {'$cond': {'if': '$isStickyXid', 'then': {'$anyElementTrue':"
                        + " {'$map': {'input': '$allPreviousEvents', 'as': 'prevEvent', 'in': {'$and': [{'$in':"
                        + " [{'$arrayElemAt': ['$$prevEvent.healthevent.errorcode', 0]}, " + STICKY
                        + "]}, {'$lte': [{'$subtract': [" + SECONDS
                        + ", '$$prevEvent.healthevent.generatedtimestamp.seconds']}, 10800]}]}}}}, 'else': false}}}}",
                "{'$setWindowFields': {" + sort
                        + "{'burstId': {'$sum': {'$cond': {'if': {'$eq': ['$prevTimestamp', null]},"
                        + " 'then': 1, 'else': {'$cond': {'if': {'$and': ['$isStickyXid', '$stickyXidWithin3Hours']},"
                        + " 'then': 0, 'else': {'$cond': {'if': {'$gt': [{'$subtract': [" + SECONDS
                        + ", '$prevTimestamp']}, " + pause + "]}, 'then': 1, 'else': 0}}}}}},"
                        + " 'window': {'documents': ['unbounded', 'current']}}}}}");
    }

    private static String perBurst(String counted) {
        return "{'$group': {'_id': {'burstId': '$burstId'}, 'uniqueXidsInBurst': {'$addToSet': " + CODE
                + "}, 'targetXidCount': {'$sum': {'$cond': [" + counted + ", 1, 0]}}}}";
    }

    private static final String LAST_BURST =
            "{'$setWindowFields': {'sortBy': {'_id.burstId': 1}, 'output': {'maxBurstId': {'$max': '$_id.burstId'}}}}";

    private static final String ALL_BURSTS = "{'$group': {'_id': null, 'count': {'$sum': 1}, 'bursts': {'$push':"
            + " {'burstId': '$_id.burstId', 'uniqueXids': '$uniqueXidsInBurst'}}}}";

    private void bursts() {
        String same = "{'$eq': [" + CODE + ", '@code']}";
        String repeated = expr("{'$and': [{'$in': ['@code', '$uniqueXidsInBurst']}, {'$or': [{'$ne': ['$_id.burstId',"
                + " '$maxBurstId']}, {'$eq': ['$targetXidCount', 1]}]}]}");
        List<String> any = new ArrayList<>(List.of(
                window(DAY),
                expr("{'$and': [{'$eq': ['@check', 'SysLogsXIDError']}, {'$ne': ['@code', '31']}]}"),
                sameGpu("'healthevent.checkname': 'SysLogsXIDError', "),
                expr("{'$not': [{'$in': [" + CODE + ", ['31', '45']]}]}")));
        any.addAll(numbered("180"));
        any.addAll(List.of(perBurst(same), LAST_BURST, repeated, ALL_BURSTS, expr("{'$gte': ['$count', 5]}")));
        rule("RepeatedXIDErrorOnSameGPU", any.toArray(String[]::new));

        List<String> one = new ArrayList<>(List.of(window(DAY), expr("{'$eq': ['@code', '31']}"), sameGpu()));
        one.addAll(numbered("180"));
        one.addAll(List.of(perBurst(same), LAST_BURST, repeated, ALL_BURSTS, "{'$match': {'count': {'$gte': 2}}}"));
        rule("RepeatedXID31OnSameGPU", one.toArray(String[]::new));

        rule(
                "RepeatedXID31OnDifferentGPU",
                window(DAY),
                expr("{'$eq': ['@code', '31']}"),
                "{'$match': {'healthevent.ishealthy': false, 'healthevent.nodename': '@node', 'healthevent.errorcode':"
                        + " '31'}}",
                "{'$addFields': {'gpu': " + value(ENTITIES, "GPU_UUID") + "}}",
                "{'$match': {'gpu': {'$ne': null}}}",
                "{'$group': {'_id': null, 'gpus': {'$addToSet': '$gpu'}}}",
                expr("{'$gte': [{'$size': '$gpus'}, 2]}"));

        List<String> solo = new ArrayList<>(List.of(window(DAY), expr("{'$in': ['@code', ['13', '31']]}"), sameGpu()));
        solo.addAll(numbered("180"));
        solo.addAll(List.of(
                perBurst(same),
                LAST_BURST,
                expr("{'$and': [{'$eq': ['$_id.burstId', '$maxBurstId']}, {'$eq': ['$targetXidCount', 1]}]}")));
        rule("XIDErrorSoloNoBurst", solo.toArray(String[]::new));
    }

    private void processors() {
        String place = "'gpcValue': " + value(ENTITIES, "GPC") + ", 'tpcValue': " + value(ENTITIES, "TPC");
        List<String> same = new ArrayList<>(List.of(window(DAY), expr("{'$eq': ['@code', '13']}"), sameGpu()));
        same.addAll(numbered("15"));
        same.addAll(List.of(
                "{'$addFields': {" + place + "}}",
                "{'$match': {'$and': [{'gpcValue': {'$ne': null}}, {'tpcValue': {'$ne': null}}]}}",
                perBurst("{'$and': [{'$eq': [" + CODE + ", '@code']}, {'$eq': ['$gpcValue', "
                        + value("'@entities'", "GPC") + "]}, {'$eq': ['$tpcValue', " + value("'@entities'", "TPC")
                        + "]}]}"),
                LAST_BURST,
                expr("{'$and': [{'$in': ['@code', '$uniqueXidsInBurst']}, {'$gt': ['$targetXidCount', 0]}]}"),
                ALL_BURSTS,
                "{'$match': {'count': {'$gte': 2}}}"));
        rule("RepeatedXID13OnSameGPCAndTPC", same.toArray(String[]::new));
        rule(
                "RepeatedXID13OnDifferentGPCAndTPC",
                window(DAY),
                expr("{'$eq': ['@code', '13']}"),
                sameGpu("'healthevent.errorcode': '@code', "),
                "{'$addFields': {'gpcTpcCombination': {'$let': {'vars': {'gpc': " + value(ENTITIES, "GPC") + ", 'tpc': "
                        + value(ENTITIES, "TPC") + "}, 'in': {'$cond': [{'$and': [{'$ne': ['$$gpc', null]}, {'$ne':"
                        + " ['$$tpc', null]}]}, {'$concat': ['GPC:', '$$gpc', '-TPC:', '$$tpc']}, null]}}}}}",
                "{'$match': {'gpcTpcCombination': {'$ne': null}}}",
                "{'$group': {'_id': null, 'combinations': {'$addToSet': '$gpcTpcCombination'}}}",
                expr("{'$gte': [{'$size': '$combinations'}, 2]}"));
    }

    private void registers() {
        alone("XID74Reg0SoloNVLinkError", 0, 1, 20);
        repeated("XID74Reg0ECCParityError", true, 0, 4, 5);
        repeated("RepeatedXID74Reg0HardwareIssue", false, 0, 8, 9, 12, 16, 17, 24, 28);
        alone("XID74Reg0SignalIntegrityError", 0, 21, 22);
        repeated("XID74Reg0Bit27Or29Set", false, 0, 27, 29);
        repeated("RepeatedXID74Reg2HardwareIssue", false, 2, 0, 1, 2, 6);
        repeated("XID74Reg2Bit13Set", false, 2, 13);
        repeated("RepeatedXID74Reg2Bit16Or19Set", false, 2, 16, 19);
        repeated("RepeatedXID74Reg2Bit17Or18Set", false, 2, 17, 18);
        alone("XID74Reg3UnexpectedError", 3, 16, 17);
        alone("XID74Reg3Bit18Set", 3, 18);
        repeated("XID74Reg4HardwareIssue", true, 4, 18, 19, 21, 22, 24, 25, 27, 28);
        repeated("XID74Reg4ECCError", true, 4, 18, 19);
    }

    private static List<String> withBits(int register, int... bits) {
        String registers = "{'$addFields': {'registers': {'$arrayToObject': {'$map': {'input': {'$filter': {'input':"
                + " '$healthevent.entitiesimpacted', 'cond': {'$in': ['$$this.entitytype', ["
                + String.join(
                        ", ",
                        IntStream.range(0, 7).mapToObj(i -> "'REG" + i + "'").toList())
                + "]]}}}, 'as': 'reg', 'in': {'k': '$$reg.entitytype', 'v': '$$reg.entityvalue'}}}}}}";
        String one = String.join(
                ", ",
                Arrays.stream(bits)
                        .mapToObj(bit -> "{'$eq': ['$registers.REG" + register + "', '" + bit(bit) + "']}")
                        .toList());
        Stream<String> others = IntStream.range(0, 7)
                .filter(other -> other != register)
                .mapToObj(other -> "{'$eq': ['$registers.REG" + other + "', '" + ZEROS + "']}");
        return List.of(
                registers, expr("{'$and': [{'$or': [" + one + "]}, " + String.join(", ", others.toList()) + "]}"));
    }

    /** The register with this bit set alone, as text of 32 digits. */
    static String bit(int bit) {
        return "0".repeat(31 - bit) + "1" + "0".repeat(bit);
    }

    /** No other code of the same GPU is unhealthy. */
    private void alone(String name, int register, int... bits) {
        List<String> stages = new ArrayList<>(List.of(window(DAY), expr("{'$in': ['@code', ['74']]}")));
        stages.addAll(withBits(register, bits));
        stages.add("{'$lookup': {'from': 'HealthEvents', 'let': {'currentEventId': '$_id', 'currentNodeName':"
                + " '$healthevent.nodename', 'gpuUuid': " + value(ENTITIES, "GPU_UUID") + "}, 'pipeline': ["
                + expr("{'$and': [{'$gte': [" + SECONDS
                        + ", {'$subtract': [{'$divide': [{'$toLong': '$$NOW'}, 1000]}, 86400]}]}, {'$ne': ['$_id',"
                        + " '$$currentEventId']}, {'$eq': ['$healthevent.nodename', '$$currentNodeName']}, {'$ne': ["
                        + CODE + ", '74']}, {'$gt': [{'$size': {'$filter': {'input': " + ENTITIES
                        + ", 'cond': {'$and': [{'$eq': ['$$this.entitytype', 'GPU_UUID']}, {'$eq':"
                        + " ['$$this.entityvalue', '$$gpuUuid']}]}}}}, 0]}]}")
                + ", {'$sort': {'healthevent.generatedtimestamp.seconds': -1}}, {'$group': {'_id': " + CODE
                + ", 'mostRecentEvent': {'$first': {'id': '$_id', 'isHealthy': {'$ifNull': ['$healthevent.ishealthy',"
                + " false]}, 'timestamp': " + SECONDS + "}}}}, {'$match': {'mostRecentEvent.isHealthy': false}}],"
                + " 'as': 'otherXidEvents'}}");
        stages.add(expr("{'$eq': [{'$size': '$otherXidEvents'}, 0]}"));
        rule(name, stages.toArray(String[]::new));
    }

    private void repeated(String name, boolean sameLink, int register, int... bits) {
        List<String> stages = new ArrayList<>(List.of(window(DAY), expr("{'$eq': ['@code', '74']}"), sameGpu()));
        stages.addAll(withBits(register, bits));
        if (sameLink) {
            stages.add("{'$addFields': {'nvlinkValue': " + value(ENTITIES, "NVLINK") + "}}");
            stages.add(expr("{'$eq': ['$nvlinkValue', " + value("'@entities'", "NVLINK") + "]}"));
        }
        stages.addAll(List.of(COUNT, "{'$match': {'count': {'$gte': 2}}}"));
        rule(name, stages.toArray(String[]::new));
    }

    private void nics() {
        String unhealthy =
                "'healthevent.isfatal': false, 'healthevent.ishealthy': false, 'healthevent.nodename': '@node'";
        String often = "{'$match': {'count': {'$gte': 3}}}";
        rule(
                "RepeatedNICDriverError",
                window("3600"),
                expr(
                        "{'$and': [{'$eq': ['@agent', 'syslog-health-monitor']}, {'$eq': ['@check', 'SysLogsNICDriverError']},"
                                + " {'$eq': ['@isfatal', false]}, {'$in': ['@code', ['netdev_watchdog', 'module_unplugged']]}]}"),
                "{'$match': {'healthevent.agent': 'syslog-health-monitor', 'healthevent.checkname':"
                        + " 'SysLogsNICDriverError', " + unhealthy + ", '$expr': {'$eq': [" + CODE + ", '@code']}}}",
                COUNT,
                often);
        rule(
                "RepeatedNICDegradation",
                window("3600"),
                expr("{'$and': [{'$eq': ['@agent', 'nic-health-monitor']}, {'$in': ['@check',"
                        + " ['InfiniBandDegradationCheck', 'EthernetDegradationCheck']]}]}"),
                "{'$match': {'healthevent.agent': 'nic-health-monitor', 'healthevent.checkname': {'$in':"
                        + " ['InfiniBandDegradationCheck', 'EthernetDegradationCheck']}, " + unhealthy + "}}",
                "{'$addFields': {'nicValue': " + value(ENTITIES, "NIC") + ", 'nicPortValue': "
                        + value(ENTITIES, "NICPort") + "}}",
                expr("{'$and': [{'$ne': ['$nicValue', null]}, {'$ne': ['$nicPortValue', null]}, {'$eq': ['$nicValue', "
                        + value("'@entities'", "NIC") + "]}, {'$eq': ['$nicPortValue', "
                        + value("'@entities'", "NICPort") + "]}]}"),
                COUNT,
                often);
    }

    /** What the places in the rules stand for. */
    static Map<String, Object> values(Map<?, ?> healthEvent) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("seconds", ((Map<?, ?>) healthEvent.get("generatedtimestamp")).get("seconds"));
        values.put("node", healthEvent.get("nodename"));
        values.put("agent", healthEvent.get("agent"));
        values.put("check", healthEvent.get("checkname"));
        values.put("isfatal", healthEvent.get("isfatal"));
        values.put("code", ((List<?>) healthEvent.get("errorcode")).get(0));
        values.put("entities", healthEvent.get("entitiesimpacted"));
        return Collections.unmodifiableMap(values);
    }
}
