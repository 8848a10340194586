// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.codec.JsonCodec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every spelling and shape that readers take. */
@Tag("essential")
class AcceptedShapesTest {

    private final JsonCodec json = JsonCodec.jackson3();

    private HealthEventDocument document(String text) {
        return HealthEventDocument.codec(json).decode(text.replace('\'', '"').getBytes(UTF_8));
    }

    private MaintenanceEvent maintenance(String text) {
        return MaintenanceEvent.codec(json).decode(text.replace('\'', '"').getBytes(UTF_8));
    }

    private HealthEvent event(String text) {
        return HealthEvent.codec(json).decode(text.replace('\'', '"').getBytes(UTF_8));
    }

    private HealthEventStatus status(String text) {
        return HealthEventStatus.codec(json).decode(text.replace('\'', '"').getBytes(UTF_8));
    }

    @Test
    void aRawEventOfNullDecodesAndIsWrittenBackButNeverAdded() {
        HealthEventDocument with = document("{'RawEvent':null,'healthevent':{'nodeName':'n'}}");

        assertThat(with.event().nodeName()).isEqualTo("n");
        assertThat(with.extra()).isEqualTo(Collections.singletonMap("RawEvent", null));
        assertThat(with.toTree()).containsEntry("RawEvent", null);
        assertThat(document("{'healthevent':{'nodeName':'n'}}").toTree()).doesNotContainKey("RawEvent");
    }

    @ParameterizedTest
    @CsvSource(nullValues = "unset", delimiter = '|', quoteCharacter = '`', textBlock = """
                    null            | unset
                    true            | true
                    false           | false
                    {'value':true}  | true
                    {'value':false} | false
                    {'Value':true}  | true
                    {'value':null}  | unset
                    {}              | false
                    """)
    void faultRemediatedInEveryShape(String shape, Boolean expected) {
        assertThat(status("{'faultremediated':" + shape + "}").faultRemediated())
                .isEqualTo(expected);
        assertThat(status("{'faultRemediated':" + shape + "}").faultRemediated())
                .isEqualTo(expected);
    }

    @Test
    void faultRemediatedAbsentIsUnset() {
        assertThat(status("{}").faultRemediated()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'userpodsevictionstatus':{'status':'Succeeded','message':'m'}}",
                "{'userpodsevictionstatus':{'Status':'Succeeded','Message':'m'}}",
                "{'userPodsEvictionStatus':{'Status':'Succeeded','message':'m'}}",
                "{'UserPodsEvictionStatus':{'STATUS':'Succeeded','MESSAGE':'m'}}"
            })
    void statusAndMessageInEverySpelling(String shape) {
        assertThat(status(shape).userPodsEvictionStatus()).isEqualTo(new OperationStatus(Status.SUCCEEDED, "m"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'healthevent':{'nodeName':'n'}}",
                "{'healthevent':{'nodename':'n'}}",
                "{'healthEvent':{'NodeName':'n'}}",
                "{'nodeName':'n','healthevent':{}}",
                "{'nodename':'n'}"
            })
    void nodeNameInEverySpellingAndPlace(String shape) {
        HealthEventDocument document = document(shape);

        assertThat(document.event().nodeName()).isEqualTo("n");
        assertThat(document.extra()).isEmpty();
    }

    @Test
    void aSecondNodeNameOutsideTheEventIsKeptAsItIs() {
        HealthEventDocument document = document("{'nodeName':'outer','healthevent':{'nodename':'inner'}}");

        assertThat(document.event().nodeName()).isEqualTo("inner");
        assertThat(document.extra()).isEqualTo(Map.of("nodeName", "outer"));
        assertThat(document("{'nodeName':7}").extra()).isEqualTo(Map.of("nodeName", 7));
    }

    @Test
    void lowerAndCamelCaseReadAlikeAtEveryLevel() {
        String camel =
                "{'createdAt':'2026-11-13T06:35:31Z','healthEvent':{'version':1,'agent':'a','componentClass':'GPU',"
                        + "'checkName':'c','isFatal':true,'isHealthy':true,'message':'m','recommendedAction':2,'errorCode':['1'],"
                        + "'entitiesImpacted':[{'entityType':'GPU','entityValue':'0'}],'metadata':{'serialNumber':'S'},"
                        + "'generatedTimestamp':{'seconds':1,'nanos':2},'nodeName':'n','quarantineOverrides':{'force':true},"
                        + "'drainOverrides':{'skip':true},'processingStrategy':1,'id':'i','customRecommendedAction':'x'},"
                        + "'healthEventStatus':{'nodeQuarantined':'Quarantined','quarantineFinishTimestamp':{'seconds':3},"
                        + "'userPodsEvictionStatus':{'status':'InProgress','message':'p','metadata':{'keyOne':1}},"
                        + "'drainFinishTimestamp':{'seconds':4},'faultRemediated':{'value':true},"
                        + "'lastRemediationTimestamp':{'seconds':5},'spanIds':{'s':'t'},'faultQuarantineRecovery':'completed'}}";
        HealthEventDocument expected = document(camel);
        Map<String, Object> tree = json.readTree(camel.replace('\'', '"').getBytes(UTF_8));

        assertThat(expected.toTree().toString())
                .contains("serialNumber=S", "keyOne=1")
                .contains("completed");
        assertThat(HealthEventDocument.fromTree(recased(tree, false))).isEqualTo(expected);
        assertThat(HealthEventDocument.fromTree(recased(tree, true))).isEqualTo(expected);
    }

    /** All keys in lower or upper case, but for the keys of maps, which are data. */
    private static Map<String, Object> recased(Map<String, Object> tree, boolean upper) {
        Map<String, Object> result = new java.util.LinkedHashMap<>();
        tree.forEach((key, value) -> {
            String name = upper ? key.toUpperCase(java.util.Locale.ROOT) : key.toLowerCase(java.util.Locale.ROOT);
            boolean data = List.of("metadata", "spanIds").contains(key);
            result.put(name, data ? value : recasedValue(value, upper));
        });
        return result;
    }

    @SuppressWarnings("unchecked")
    private static Object recasedValue(Object value, boolean upper) {
        if (value instanceof Map<?, ?> map) {
            return recased((Map<String, Object>) map, upper);
        }
        return value instanceof List<?> items
                ? items.stream().map(item -> recasedValue(item, upper)).toList()
                : value;
    }

    @Test
    void theFirstNotNullOfTwoSpellingsWins() {
        assertThat(event("{'nodename':'lower','nodeName':'camel'}").nodeName()).isEqualTo("camel");
        assertThat(event("{'NODENAME':'upper','nodename':'lower'}").nodeName()).isEqualTo("lower");
        assertThat(event("{'NODENAME':'first','NodeName':'second'}").nodeName()).isEqualTo("first");
        HealthEventStatus status = status("{'nodequarantined':null,'nodeQuarantined':'Quarantined'}");
        assertThat(status.nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(status.extra()).isEmpty();
    }

    @Test
    void nullAndAbsentMeanTheDefault() {
        String nulls =
                "{'version':null,'agent':null,'componentclass':null,'checkname':null,'isfatal':null,'ishealthy':null,"
                        + "'message':null,'recommendedaction':null,'errorcode':null,'entitiesimpacted':null,'metadata':null,"
                        + "'generatedtimestamp':null,'nodename':null,'quarantineoverrides':null,'drainoverrides':null,"
                        + "'processingstrategy':null,'id':null,'customrecommendedaction':null}";

        assertThat(event(nulls))
                .isEqualTo(event("{}"))
                .isEqualTo(HealthEvent.builder().build());
        assertThat(status(
                        "{'nodequarantined':null,'userpodsevictionstatus':null,'spanids':null,'faultremediated':null}"))
                .isEqualTo(HealthEventStatus.builder().build());
        assertThat(document("{'createdAt':null,'healthevent':null,'healtheventstatus':null}"))
                .isEqualTo(document("{}"));
        assertThat(maintenance("{'csp':null,'metadata':null}"))
                .isEqualTo(MaintenanceEvent.builder().build());
    }

    @Test
    void nullItemsMeanTheDefaultAsInGo() {
        HealthEvent event = event("{'errorCode':[null,'1'],'entitiesImpacted':[null],'metadata':{'a':null}}");

        assertThat(event.errorCode()).containsExactly("", "1");
        assertThat(event.entitiesImpacted()).containsExactly(new Entity("", ""));
        assertThat(event.metadata()).isEqualTo(Map.of("a", ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    '2026-11-13T06:35:31.465Z'                      | 2026-11-13T06:35:31.465Z
                    '2026-11-13T06:35:31.123456789Z'                | 2026-11-13T06:35:31.123456789Z
                    '2026-11-13T06:35:31.5Z'                        | 2026-11-13T06:35:31.5Z
                    '2026-11-13T06:35:31.000010Z'                   | 2026-11-13T06:35:31.00001Z
                    '2024-02-29T23:59:59.99999999Z'                 | 2024-02-29T23:59:59.99999999Z
                    '2026-11-13t06:35:31z'                          | 2026-11-13T06:35:31Z
                    '2026-11-13T08:35:31.5+02:00'                   | 2026-11-13T06:35:31.500Z
                    '2026-11-13T00:35:31-06:00'                     | 2026-11-13T06:35:31Z
                    {'seconds':1794551731,'nanos':465000000}        | 2026-11-13T06:35:31.465Z
                    {'seconds':1794551731}                          | 2026-11-13T06:35:31Z
                    {'Seconds':1794551731,'Nanos':1}                | 2026-11-13T06:35:31.000000001Z
                    {'nanos':7}                                     | 1970-01-01T00:00:00.000000007Z
                    {}                                              | 1970-01-01T00:00:00Z
                    {'seconds':-1,'nanos':999999999}                | 1969-12-31T23:59:59.999999999Z
                    {'seconds':1794551731.0}                        | 2026-11-13T06:35:31Z
                    {'seconds':{'$numberLong':'1794551731'}}        | 2026-11-13T06:35:31Z
                    {'$date':'2026-11-13T06:35:31.465Z'}            | 2026-11-13T06:35:31.465Z
                    {'$date':1794551731465}                         | 2026-11-13T06:35:31.465Z
                    {'$date':{'$numberLong':'1794551731465'}}       | 2026-11-13T06:35:31.465Z
                    {'$date':{'$numberLong':'-1'}}                  | 1969-12-31T23:59:59.999Z
                    """)
    void aTimeInEveryShapeAndPlace(String shape, Instant expected) {
        assertThat(document("{'createdAt':" + shape + "}").createdAt()).isEqualTo(expected);
        assertThat(event("{'generatedTimestamp':" + shape + "}").generatedTimestamp())
                .isEqualTo(expected);
        assertThat(status("{'lastremediationtimestamp':" + shape + "}").lastRemediationTimestamp())
                .isEqualTo(expected);
        assertThat(maintenance("{'actualEndTime':" + shape + "}").actualEndTime())
                .isEqualTo(expected);
    }

    @Test
    void goesZeroTimeIsUnset() {
        assertThat(document("{'createdAt':'0001-01-01T00:00:00Z'}").createdAt()).isNull();
        assertThat(event("{'generatedTimestamp':{'seconds':-62135596800}}").generatedTimestamp())
                .isNull();
    }

    @Test
    void integersAlsoInExtendedJson() {
        HealthEvent event = event("{'version':{'$numberInt':'1'},'recommendedaction':{'$numberLong':'24'}}");

        assertThat(event.version()).isEqualTo(1);
        assertThat(event.recommendedAction()).isEqualTo(RecommendedAction.RESTART_BM);
    }

    @Test
    void enumsAlsoByName() {
        HealthEvent event = event("{'recommendedAction':'RUN_DCGMEUD','processingStrategy':'STORE_ONLY'}");

        assertThat(event.recommendedAction()).isEqualTo(RecommendedAction.RUN_DCGMEUD);
        assertThat(event.processingStrategy()).isEqualTo(ProcessingStrategy.STORE_ONLY);
    }

    @Test
    void unknownEnumValuesSurvive() {
        HealthEvent event = event("{'recommendedAction':1,'processingStrategy':3}");
        assertThat(event.recommendedAction()).isEqualTo(RecommendedAction.of(1));
        assertThat(event.toTree()).isEqualTo(Map.of("recommendedAction", 1, "processingStrategy", 3));

        MaintenanceEvent maintenance =
                maintenance("{'csp':'azure','maintenanceType':'LIVE','status':'NEW','cspStatus':'ODD'}");
        assertThat(maintenance.csp()).isEqualTo(new Csp("azure"));
        assertThat(maintenance.toTree())
                .containsEntry("csp", "azure")
                .containsEntry("maintenanceType", "LIVE")
                .containsEntry("status", "NEW")
                .containsEntry("cspStatus", "ODD");

        HealthEventStatus status = status("{'nodequarantined':'Paused','userpodsevictionstatus':{'status':'Odd'}}");
        assertThat(status.nodeQuarantined()).isEqualTo(new Status("Paused"));
        assertThat(HealthEventStatus.fromTree(status.toTree())).isEqualTo(status);
    }

    @Test
    void unknownMembersSurviveAtEveryLevel() {
        String text = "{'_id':{'$oid':'0b94'},'id':'u','x':null,'healthevent':{'x':{'NodeName':[1,2.50,null]},"
                + "'entitiesImpacted':[{'entityType':'GPU','x':1}],'drainOverrides':{'x':2}},'healtheventstatus':"
                + "{'nodequarantined':null,'userpodsevictionstatus':{'status':'','x':3},'faultremediated':null,"
                + "'remediation':{'at':4}}}";

        HealthEventDocument document = document(text);

        assertThat(document.extra()).containsOnlyKeys("_id", "id", "x");
        assertThat(document.toTree())
                .isEqualTo(json.readTree(text.replace('\'', '"').getBytes(UTF_8)));
        assertThat(document.event().extra().get("x"))
                .isEqualTo(Map.of("NodeName", Arrays.asList(1, new java.math.BigDecimal("2.50"), null)));
    }
}
