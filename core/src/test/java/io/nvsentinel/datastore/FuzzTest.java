// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.RegexParser;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What others write or configure: it is parsed, or refused with the error that the caller expects, and nothing else. */
class FuzzTest {

    private static final JsonCodec JSON = JsonCodec.jackson3();
    private static final String DEEP = "[".repeat(500);

    /** What is no JSON document is no input of these parsers. */
    private static Map<String, Object> tree(byte[] input) {
        return JSON.readTree(input);
    }

    @Test
    void filtersInMongosForm() {
        assertThat(Fuzz.of(
                                "{\"a\": 1, \"b.c\": {\"$gt\": 5, \"$lte\": 7.5}, \"$or\": [{\"x\": {\"$in\": [1, \"y\", null]}}]}",
                                "{\"s\": {\"$regex\": \"^a.*b$\", \"$options\": \"i\"}, \"l\": {\"$elemMatch\": {\"x\": 1}}}",
                                "{\"t\": {\"$date\": \"2026-01-01T00:00:00Z\"}, \"n\": {\"$not\": {\"$exists\": true}}}")
                        .with(
                                "$and",
                                "$nor",
                                "$ne",
                                "$nin",
                                "$exists",
                                "$numberLong",
                                "$oid",
                                "null",
                                "1e999",
                                "-0",
                                DEEP)
                        .run(
                                input -> {
                                    Map<String, Object> filter = readable(input);
                                    if (filter != null) {
                                        Filter.parse(filter);
                                    }
                                },
                                InvalidRequestException.class))
                .isPositive();
    }

    @Test
    void updatesInMongosForm() {
        assertThat(Fuzz.of(
                                "{\"$set\": {\"a.b\": 1, \"c\": null}, \"$inc\": {\"n\": 5}, \"$unset\": {\"x\": \"\"}}",
                                "{\"$push\": {\"l\": 1}, \"$pull\": {\"l\": {\"a\": 1}}, \"$rename\": {\"a\": \"b\"}}")
                        .with("$addToSet", "$currentDate", "$each", "..", "$", "1e999", DEEP)
                        .run(
                                input -> {
                                    Map<String, Object> update = readable(input);
                                    if (update != null) {
                                        Update.parse(update);
                                    }
                                },
                                InvalidRequestException.class))
                .isPositive();
    }

    @Test
    @SuppressWarnings("unchecked")
    void pipelinesInMongosForm() {
        assertThat(Fuzz.of(
                                "{\"p\": [{\"$match\": {\"a\": 1}}, {\"$group\": {\"_id\": \"$n\", \"c\": {\"$sum\": 1}}}, {\"$limit\": 5}]}",
                                "{\"p\": [{\"$addFields\": {\"x\": {\"$cond\": [{\"$eq\": [\"$a\", 1]}, 1, 2]}}}, {\"$unwind\": \"$l\"}]}",
                                "{\"p\": [{\"$project\": {\"a\": {\"$size\": \"$l\"}}}, {\"$sort\": {\"a\": -1}}, {\"$skip\": 2}]}")
                        .with(
                                "$count",
                                "$filter",
                                "$map",
                                "$setWindowFields",
                                "$avg",
                                "$first",
                                "$$this",
                                "$$ROOT",
                                "1e999",
                                DEEP)
                        .run(
                                input -> {
                                    Map<String, Object> tree = readable(input);
                                    if (tree != null
                                            && tree.get("p") instanceof List<?> stages
                                            && stages.stream().allMatch(Map.class::isInstance)) {
                                        Aggregation.parse((List<Map<String, ?>>) stages);
                                    }
                                },
                                InvalidRequestException.class))
                .isPositive();
    }

    @Test
    void regularExpressions() {
        FieldPath path = FieldPath.parse("s");
        assertThat(Fuzz.of(
                                "^(a|b)*c{2,5}[^d-f]+?\\d\\w\\s$",
                                "(?:x?){0,20}y|z*",
                                "[[:alpha:]\\-]{3}(?i)abc",
                                "\\bword\\b.\\.")
                        .with(
                                "{1000}",
                                "(()*)*",
                                "[^]",
                                "\\p{L}",
                                "\\1",
                                "(?=",
                                "(?<n>",
                                "**",
                                "\uD83D\uDE00",
                                "(".repeat(300))
                        .run(
                                input -> RegexParser.parse(path, new String(input, StandardCharsets.UTF_8))
                                        .find("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                                InvalidRequestException.class))
                .isPositive();
    }

    @Test
    void yaml() {
        assertThat(Fuzz.of(
                                "connection: {host: h, database: d, username: u}\noptions:\n  maxConnections: \"30\"\n  schemaWait: 1m\n",
                                "provider: postgresql\nconnection:\n  host: a:5433,b\n  extraParams:\n    work_mem: 16MB\n")
                        .with(
                                "&a ",
                                "*a",
                                "!!java.net.URL ",
                                "<<: ",
                                "---\n",
                                "|\n",
                                "? ",
                                "{",
                                "[",
                                DEEP,
                                "\u2028",
                                "\t",
                                "\0")
                        .run(
                                input -> DatastoreOptions.fromYaml(new String(input, StandardCharsets.UTF_8)),
                                ConfigurationException.class))
                .isPositive();
    }

    @Test
    void documents() {
        DocumentCodec<HealthEventDocument> codec = HealthEventDocument.codec(JSON);
        assertThat(Fuzz.of(
                                "{\"createdAt\": \"2026-01-01T00:00:00Z\", \"healthevent\": {\"nodeName\": \"n\", \"isFatal\": true,"
                                        + " \"recommendedAction\": 2, \"generatedTimestamp\": {\"seconds\": 1, \"nanos\": 2}},"
                                        + " \"healtheventstatus\": {\"nodequarantined\": \"Quarantined\"}}",
                                "{\"healthevent\": {\"metadata\": {\"a\": \"b\"}, \"entitiesImpacted\": [{\"entityType\": \"GPU\"}]}}")
                        .with("null", "1e999999999", "\\ud800", "{\"$date\":", "\\u0000", DEEP)
                        .run(codec::decode, InvalidDocumentException.class))
                .isPositive();
    }

    private static Map<String, Object> readable(byte[] input) {
        try {
            return tree(input);
        } catch (InvalidDocumentException e) {
            return null;
        }
    }
}
