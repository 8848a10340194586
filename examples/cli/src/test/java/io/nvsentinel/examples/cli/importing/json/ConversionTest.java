// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConversionTest {

    /** Each value of the documented table, in relaxed, canonical and old form. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"$oid":"1818E811892f902bd23f0824"}                         | "1818e811892f902bd23f0824"
                    {"$date":"2026-10-17T02:20:51.128Z"}                        | "2026-10-17T02:20:51.128Z"
                    {"$date":"2026-10-17T02:20:51Z"}                            | "2026-10-17T02:20:51.000Z"
                    {"$date":"2026-10-17T02:20:51.128-0700"}                    | "2026-10-17T09:20:51.128Z"
                    {"$date":{"$numberLong":"1792203651128"}}                   | "2026-10-17T02:20:51.128Z"
                    {"$date":1792203651128}                                     | "2026-10-17T02:20:51.128Z"
                    {"$date":{"$numberLong":"-1"}}                              | "1969-12-31T23:59:59.999Z"
                    {"$date":{"$numberLong":"-62135596800000"}}                 | "0001-01-01T00:00:00.000Z"
                    {"$date":{"$numberLong":"-62135596800001"}}                 | {"$date": {"$numberLong": "-62135596800001"}}
                    {"$date":{"$numberLong":"253402300799999"}}                 | "9999-12-31T23:59:59.999Z"
                    {"$date":{"$numberLong":"253402300800000"}}                 | {"$date": {"$numberLong": "253402300800000"}}
                    {"$date":{"$numberLong":"9223372036854775807"}}             | {"$date": {"$numberLong": "9223372036854775807"}}
                    {"$numberInt":"-2147483648"}                                | -2147483648
                    {"$numberLong":"9223372036854775807"}                       | 9223372036854775807
                    {"$numberLong":5}                                           | 5
                    42                                                          | 42
                    9223372036854775807                                         | 9223372036854775807
                    1.0                                                         | 1.0
                    {"$numberDouble":"1.0"}                                     | 1.0
                    {"$numberDouble":"1.5E+3"}                                  | 1500
                    {"$numberDouble":"4.9E-5"}                                  | 0.000049
                    {"$numberDouble":"NaN"}                                     | {"$numberDouble": "NaN"}
                    {"$numberDouble":"-Infinity"}                               | {"$numberDouble": "-Infinity"}
                    {"$numberDouble":"-0.0"}                                    | {"$numberDouble": "-0.0"}
                    -0.0                                                        | {"$numberDouble": "-0.0"}
                    {"$numberDecimal":"1.10"}                                   | 1.10
                    {"$numberDecimal":"-12345678901234567890123456789012.34"}   | -12345678901234567890123456789012.34
                    {"$numberDecimal":"1E+3"}                                   | {"$numberDecimal": "1E+3"}
                    {"$numberDecimal":"-0"}                                     | {"$numberDecimal": "-0"}
                    {"$numberDecimal":"NaN"}                                    | {"$numberDecimal": "NaN"}
                    {"$binary":{"base64":"AAECAw==","subType":"00"}}            | {"$binary": {"base64": "AAECAw==", "subType": "00"}}
                    {"$binary":"AAECAw==","$type":"0"}                          | {"$binary": {"base64": "AAECAw==", "subType": "00"}}
                    {"$type":"80","$binary":"AAECAw=="}                         | {"$binary": {"base64": "AAECAw==", "subType": "80"}}
                    {"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"04"}} | "00112233-4455-6677-8899-aabbccddeeff"
                    {"$uuid":"00112233-4455-6677-8899-AABBCCDDEEFF"}            | "00112233-4455-6677-8899-aabbccddeeff"
                    {"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"03"}} | {"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "03"}}
                    {"$timestamp":{"t":4294967295,"i":1}}                       | {"$timestamp": {"i": 1, "t": 4294967295}}
                    {"$regularExpression":{"pattern":"^a","options":"im"}}      | {"$regularExpression": {"options": "im", "pattern": "^a"}}
                    {"$regex":"^a","$options":"im"}                             | {"$regularExpression": {"options": "im", "pattern": "^a"}}
                    {"$minKey":1}                                               | {"$minKey": 1}
                    {"$maxKey":1}                                               | {"$maxKey": 1}
                    {"$undefined":true}                                         | {"$undefined": true}
                    {"$symbol":"s"}                                             | {"$symbol": "s"}
                    {"$code":"f()","$scope":{"n":{"$numberInt":"1"}}}           | {"$code": "f()", "$scope": {"n": 1}}
                    {"$ref":"c","$id":{"$oid":"1818e811892f902bd23f0824"}}      | {"$id": "1818e811892f902bd23f0824", "$ref": "c"}
                    {"$dbPointer":{"$ref":"c","$id":{"$oid":"1818e811892f902bd23f0824"}}} | {"$dbPointer": {"$id": {"$oid": "1818e811892f902bd23f0824"}, "$ref": "c"}}
                    {"seconds":1792203651,"nanos":230530419}                    | {"nanos": 230530419, "seconds": 1792203651}
                    {"$regex":{"a":{"$numberInt":"1"}},"$options":"i"}          | {"$regex": {"a": 1}, "$options": "i"}
                    [{"$numberInt":"1"},[{"$oid":"1818e811892f902bd23f0824"}],null,true,"x"] | [1, ["1818e811892f902bd23f0824"], null, true, "x"]
                    """)
    void convertsEachType(String extended, String stored) throws RejectedDocumentException {
        assertThat(converted("{\"v\":" + extended + "}", LegacyUuid.KEEP)).isEqualTo("{\"v\": " + stored + "}");
    }

    @ParameterizedTest
    @CsvSource({
        "PYTHON, ABEiM0RVZneImaq7zN3u/w==",
        "JAVA,   d2ZVRDMiEQD/7t3Mu6qZiA==",
        "CSHARP, MyIRAFVEd2aImaq7zN3u/w=="
    })
    void readsTheByteOrderOfOldDrivers(LegacyUuid order, String base64) throws RejectedDocumentException {
        assertThat(converted("{\"v\":{\"$binary\":{\"base64\":\"" + base64 + "\",\"subType\":\"03\"}}}", order))
                .isEqualTo("{\"v\": \"00112233-4455-6677-8899-aabbccddeeff\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"$oid\":\"1818e811\"}",
                "{\"$oid\":5}",
                "{\"$date\":\"yesterday\"}",
                "{\"$date\":\"2026-02-30T00:00:00Z\"}",
                "{\"$date\":\"2026-02-03T00:00:00\"}",
                "{\"$date\":1.5}",
                "{\"$numberInt\":\"2147483648\"}",
                "{\"$numberLong\":\"9223372036854775808\"}",
                "{\"$numberLong\":\"1.5\"}",
                "{\"$numberDouble\":\"1e999\"}",
                "{\"$numberDouble\":\"0x10\"}",
                "{\"$numberDecimal\":\"one\"}",
                "{\"$numberDecimal\":1}",
                "{\"$binary\":{\"base64\":\"***\",\"subType\":\"00\"}}",
                "{\"$binary\":{\"base64\":\"AAEC\"}}",
                "{\"$uuid\":\"0011\"}",
                "{\"$timestamp\":{\"t\":-1,\"i\":1}}",
                "{\"$regularExpression\":{\"pattern\":\"a\"}}",
                "{\"$minKey\":2}",
                "\"a\\u0000b\"",
                "\"half \\ud800 pair\"",
                "{\"twice\":1,\"twice\":2}",
                "1e200000",
            })
    void rejectsWhatIsNoValueOfItsTypeOrCannotBeStored(String value) {
        assertThatThrownBy(() -> converted("{\"a\":[0,{\"secret\":" + value + "}]}", LegacyUuid.KEEP))
                .isInstanceOf(RejectedDocumentException.class)
                .hasMessageStartingWith("a.1.secret");
    }

    @Test
    void namesNoValueInAReason() {
        assertThatThrownBy(() -> JsonReader.read(bytes("{\"token\": s3cr3t}")))
                .isInstanceOf(RejectedDocumentException.class)
                .hasMessageStartingWith("not valid JSON, near its byte ")
                .hasMessageNotContaining("s3cr3t");
    }

    @Test
    void derivesTheIdFromTheObjectIdSoThatItCanBeReadBack() throws RejectedDocumentException {
        assertThat(id("{\"$oid\":\"1818e811892f902bd23f0824\"}")).isEqualTo("1818e811-892f-8902-8bd2-3f08246f6964");
        assertThat(id("{\"$uuid\":\"00112233-4455-6677-8899-aabbccddeeff\"}"))
                .isEqualTo("00112233-4455-6677-8899-aabbccddeeff");
    }

    /** The relaxed form does not contain the types of numbers, and both forms must result in the same id. */
    @Test
    void derivesOneIdFromAllFormsOfAnIdAndOthersFromOtherTypes() throws RejectedDocumentException {
        assertThat(id("{\"$numberInt\":\"1\"}")).isEqualTo(id("1")).isEqualTo(id("{\"$numberDouble\":\"1.0\"}"));
        assertThat(id("{\"$date\":\"1970-01-01T00:00:00Z\"}"))
                .isEqualTo(id("{\"$date\":{\"$numberLong\":\"0\"}}"))
                .isNotEqualTo(id("\"1970-01-01T00:00:00.000Z\""));
        assertThat(id("\"1818e811892f902bd23f0824\"")).isNotEqualTo(id("{\"$oid\":\"1818e811892f902bd23f0824\"}"));
        assertThat(id("1")).isNotEqualTo(id("\"1\"")).isNotEqualTo(id("1.5"));
    }

    private static String id(String value) throws RejectedDocumentException {
        var read = JsonReader.read(bytes("{\"_id\":" + value + "}")).get("_id");
        return RecordId.of(read, new Conversion(LegacyUuid.KEEP).value(read)).toString();
    }

    private static String converted(String json, LegacyUuid legacyUuid) throws RejectedDocumentException {
        byte[] stored = StoredJson.write(new Conversion(legacyUuid).document(JsonReader.read(bytes(json))));
        return new String(stored, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
