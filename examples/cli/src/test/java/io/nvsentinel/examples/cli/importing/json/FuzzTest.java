// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Fuzz;
import org.junit.jupiter.api.Test;

/** Documents of an export in Extended JSON: each is converted, or rejected with the reason, and nothing else. */
class FuzzTest {

    @Test
    void extendedJson() {
        Conversion conversion = new Conversion(LegacyUuid.values()[0]);
        assertThat(Fuzz.of(
                                "{\"_id\": {\"$oid\": \"507f1f77bcf86cd799439011\"}, \"n\": {\"$numberLong\": \"5\"},"
                                        + " \"d\": {\"$date\": {\"$numberLong\": \"1700000000000\"}}, \"x\": {\"$numberDecimal\": \"1.5\"}}",
                                "{\"b\": {\"$binary\": {\"base64\": \"AAECAwQFBgcICQoLDA0ODw==\", \"subType\": \"04\"}},"
                                        + " \"r\": {\"$regularExpression\": {\"pattern\": \"a\", \"options\": \"i\"}},"
                                        + " \"t\": {\"$timestamp\": {\"t\": 1, \"i\": 2}}, \"m\": {\"$minKey\": 1}}",
                                "{\"old\": {\"$date\": \"2026-01-01T00:00:00Z\"}, \"u\": {\"$uuid\":"
                                        + " \"9b2d4b0e-0d0f-4a55-9f3c-2d7c9f9a3f10\"}, \"f\": {\"$numberDouble\": \"NaN\"}}")
                        .with(
                                "Infinity",
                                "1e999999999",
                                "9223372036854775808",
                                "\\u0000",
                                "\\ud800",
                                "$",
                                "03",
                                "[".repeat(500))
                        .run(input -> conversion.document(JsonReader.read(input)), RejectedDocumentException.class))
                .isPositive();
    }
}
