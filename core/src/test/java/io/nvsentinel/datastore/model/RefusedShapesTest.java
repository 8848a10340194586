// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be read or made: a typed error that names path, finding and what is accepted, never a value. */
@Tag("essential")
class RefusedShapesTest {

    private static final String TIME =
            "an RFC 3339 string, {\"seconds\",\"nanos\"} or {\"$date\"} in the " + "years 1 to 9999";

    private final JsonCodec json = JsonCodec.jackson3();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'healthevent':'SECRET'}                             | healthevent: found a string, accepted is an object
                    {'healthevent':[]}                                   | healthevent: found a list, accepted is an object
                    {'healtheventstatus':7}                              | healtheventstatus: found a number, accepted is an object
                    {'healthevent':{'agent':7}}                          | healthevent.agent: found a number, accepted is a string
                    {'healthEvent':{'nodename':{}}}                      | healthevent.nodeName: found an object, accepted is a string
                    {'healthevent':{'isFatal':'SECRET'}}                 | healthevent.isFatal: found a string, accepted is true or false
                    {'healthevent':{'isfatal':0}}                        | healthevent.isFatal: found a number, accepted is true or false
                    {'healthevent':{'version':-1}}                       | healthevent.version: found a number out of range, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':4294967296}}               | healthevent.version: found a number out of range, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':1.5}}                      | healthevent.version: found a number, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':1e400}}                    | healthevent.version: found a number, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':1e999999999}}              | healthevent.version: found a number, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':1e-999999999}}             | healthevent.version: found a number, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':99999999999999999999}}     | healthevent.version: found a number, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':'1'}}                      | healthevent.version: found a string, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':{'$numberInt':'SECRET'}}}  | healthevent.version: found an object, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'version':{'$numberInt':1}}}         | healthevent.version: found an object, accepted is an integer from 0 to 4294967295
                    {'healthevent':{'recommendedAction':2147483648}}     | healthevent.recommendedAction: found a number out of range, accepted is an integer from -2147483648 to 2147483647
                    {'healthevent':{'recommendedAction':true}}           | healthevent.recommendedAction: found a boolean, accepted is an integer
                    {'healthevent':{'processingStrategy':'SECRET'}}      | healthevent.processingStrategy: found a string that is not a known name, accepted is a number or one of [UNSPECIFIED, EXECUTE_REMEDIATION, STORE_ONLY, STORE_AND_ANALYSE]
                    {'healthevent':{'errorCode':'SECRET'}}               | healthevent.errorCode: found a string, accepted is a list
                    {'healthevent':{'errorCode':['1',2]}}                | healthevent.errorCode[1]: found a number, accepted is a string
                    {'healthevent':{'entitiesImpacted':{}}}              | healthevent.entitiesImpacted: found an object, accepted is a list
                    {'healthevent':{'entitiesImpacted':[{},'SECRET']}}   | healthevent.entitiesImpacted[1]: found a string, accepted is an object
                    {'healthevent':{'entitiesImpacted':[{'entityType':[]}]}} | healthevent.entitiesImpacted[0].entityType: found a list, accepted is a string
                    {'healthevent':{'metadata':[]}}                      | healthevent.metadata: found a list, accepted is an object
                    {'healthevent':{'metadata':{'k':{'a':'SECRET'}}}}    | healthevent.metadata.k: found an object, accepted is a string
                    {'healthevent':{'metadata':{'\\n\\u001b[31m':1}}}    | healthevent.metadata.??[31m: found a number, accepted is a string
                    {'healthevent':{'drainOverrides':{'skip':1}}}        | healthevent.drainOverrides.skip: found a number, accepted is true or false
                    {'healtheventstatus':{'faultremediated':1}}          | healtheventstatus.faultremediated: found a number, accepted is true or false
                    {'healtheventstatus':{'faultremediated':{'value':1}}} | healtheventstatus.faultremediated.value: found a number, accepted is true or false
                    {'healtheventstatus':{'userpodsevictionstatus':'x'}} | healtheventstatus.userpodsevictionstatus: found a string, accepted is an object
                    {'healtheventstatus':{'userpodsevictionstatus':{'metadata':[]}}} | healtheventstatus.userpodsevictionstatus.metadata: found a list, accepted is an object
                    {'healtheventstatus':{'spanids':{'a':true}}}         | healtheventstatus.spanids.a: found a boolean, accepted is a string
                    """)
    void wrongTypes(String document, String message) {
        refused(document, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'SECRET'                                | createdAt: found a string that is not a time
                    ''                                      | createdAt: found a string that is not a time
                    '2026-11-13T06:35:31'                   | createdAt: found a string that is not a time
                    '2026-11-13T06:35:31.0000000001Z'       | createdAt: found a string that is not a time
                    '2026-11-13T06:35:31,5Z'                | createdAt: found a string that is not a time
                    '2026-11-13T24:00:00Z'                  | createdAt: found a string that is not a time
                    '2026-11-13T06:35:60Z'                  | createdAt: found a string that is not a time
                    '2026-11-13T06:35:3xZ'                  | createdAt: found a string that is not a time
                    '2026-11-13T06:35:31.-5Z'               | createdAt: found a string that is not a time
                    '2026/11/13T06:35:31Z'                  | createdAt: found a string that is not a time
                    '2026-02-30T06:35:31Z'                  | createdAt: found a string that is not a time
                    1794551731                              | createdAt: found a number
                    true                                    | createdAt: found a boolean
                    []                                      | createdAt: found a list
                    {'second':1}                            | createdAt: found an object without seconds
                    {'$date':null}                          | createdAt: found an object without seconds
                    '0000-01-01T00:00:00Z'                  | createdAt: found a time out of range
                    '+10000-01-01T00:00:00Z'                | createdAt: found a time out of range
                    {'$date':{'$numberLong':'9223372036854775807'}} | createdAt: found a time out of range
                    {'$date':-62135596800001}               | createdAt: found a time out of range
                    """)
    void wrongTimes(String time, String message) {
        refused("{'createdAt':" + time + "}", message + ", accepted is " + TIME);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'seconds':'1'}             | generatedTimestamp.seconds: found a string, accepted is an integer from -62135596800 to 253402300799
                    {'seconds':253402300800}    | generatedTimestamp.seconds: found a number out of range, accepted is an integer from -62135596800 to 253402300799
                    {'seconds':1,'nanos':-1}    | generatedTimestamp.nanos: found a number out of range, accepted is an integer from 0 to 999999999
                    {'nanos':1000000000}        | generatedTimestamp.nanos: found a number out of range, accepted is an integer from 0 to 999999999
                    {'$date':{'$numberLong':1}} | generatedTimestamp.$date: found an object, accepted is an integer
                    {'$date':true}              | generatedTimestamp.$date: found a boolean, accepted is an integer
                    """)
    void wrongPartsOfTimes(String time, String message) {
        refused("{'healthevent':{'generatedtimestamp':" + time + "}}", "healthevent." + message);
    }

    private void refused(String document, String message) {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> HealthEventDocument.codec(json)
                        .decode(document.replace('\'', '"').getBytes(UTF_8)))
                .withMessageStartingWith(message)
                .satisfies(error -> assertThat(error.getMessage()).doesNotContain("SECRET"));
    }

    @Test
    void maintenanceEventsToo() {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> MaintenanceEvent.fromTree(Map.of("csp", List.of())))
                .withMessage("csp: found a list, accepted is a string");
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> MaintenanceEvent.fromTree(Map.of("scheduledstarttime", 1)))
                .withMessageStartingWith("scheduledStartTime: found a number");
    }

    @Test
    void treesMadeByHand() {
        assertThat(HealthEvent.fromTree(Map.of("version", 1.0)).version()).isEqualTo(1);
        assertThat(HealthEvent.fromTree(Map.of("version", (short) 1)).version()).isEqualTo(1);
        for (Object number : List.of(Double.NaN, 1.5, new BigDecimal("1E+30"), 1f)) {
            assertThatExceptionOfType(InvalidDocumentException.class)
                    .isThrownBy(() -> HealthEvent.fromTree(Map.of("version", number)))
                    .withMessageStartingWith("version: found a number, accepted");
        }
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> HealthEvent.fromTree(Map.of("agent", new StringBuilder("SECRET"))))
                .withMessage("agent: found a java.lang.StringBuilder, accepted is a string");
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> HealthEvent.fromTree(Map.of("drainOverrides", Map.of(1, 2))))
                .withMessage("drainOverrides: found a key that is not a string, accepted is a string");
    }

    @Test
    void extraMayNotHoldWhatTheTypeKnows() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() ->
                        HealthEvent.builder().extra(Map.of("NODENAME", "n")).build())
                .withMessage("extra must not contain the key nodeName: the record has a component for it");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new OperationStatus(Status.FAILED, "", Map.of(), Map.of("Status", "x")))
                .withMessageContaining("the key status");
    }

    @Test
    void extraThatHoldsItself() {
        Map<String, Object> extra = new HashMap<>();
        extra.put("self", extra);
        List<Object> items = new ArrayList<>();
        items.add(items);

        for (Map<String, Object> endless : List.of(extra, Map.<String, Object>of("items", items))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> new Entity("GPU", "0", endless))
                    .withMessage("extra is nested deeper than 500 levels");
        }
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new Entity("GPU", "0", Map.of("x", Collections.singletonMap(null, 1))))
                .withMessage("a key in extra is not a string");
    }
}
