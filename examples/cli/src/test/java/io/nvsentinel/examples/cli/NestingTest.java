// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.internal.changelog.MatchPipeline;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.examples.cli.importing.json.JsonReader;
import io.nvsentinel.examples.cli.importing.json.RejectedDocumentException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every reader of foreign input in all modules, with 100,000 levels of nesting: the error names the limit and the place
 * that exceeds it.
 */
class NestingTest {

    private static final int LEVELS = 100_000;
    private static final int LONGEST_MESSAGE = 2_000;
    private static final String EVENT = "event";

    private static final Map<String, UnaryOperator<Object>> SHAPES = new LinkedHashMap<>();

    static {
        SHAPES.put("maps", below -> Collections.singletonMap("a", below));
        SHAPES.put("lists", Collections::singletonList);
        SHAPES.put("arrays", below -> new Object[] {below});
        for (String operator : List.of("$and", "$or", "$nor", "$add", "$cond", "$in", "$setIntersection")) {
            SHAPES.put(operator, below -> Collections.singletonMap(operator, Collections.singletonList(below)));
        }
        for (String operator :
                List.of("$not", "$eq", "$elemMatch", "$contains", "$literal", "$size", "$date", "$each")) {
            SHAPES.put(operator, below -> Collections.singletonMap(operator, below));
            SHAPES.put(operator + " of a field", below -> Map.of("a", Collections.singletonMap(operator, below)));
        }
        SHAPES.put("$filter", below -> Map.of("$filter", Map.of("input", below, "cond", true)));
        SHAPES.put("$map", below -> Map.of("$map", Map.of("input", "$a", "in", below)));
    }

    private static final Map<String, String> JSON = Map.of(
            "objects", "{\"a\":".repeat(LEVELS) + "1" + "}".repeat(LEVELS),
            "open objects", "{\"a\":".repeat(LEVELS),
            "lists", "{\"a\":" + "[".repeat(LEVELS) + "]".repeat(LEVELS) + "}",
            "both", "{\"healthevent\":" + "[{\"metadata\":".repeat(LEVELS) + "1" + "}]".repeat(LEVELS) + "}",
            "extended", "{\"a\":" + "{\"$date\":".repeat(LEVELS) + "1" + "}".repeat(LEVELS) + "}");

    @TestFactory
    Stream<DynamicTest> trees() {
        return SHAPES.entrySet().stream().flatMap(shape -> {
            Object deep = deep(shape.getValue());
            Map<String, Object> tree = deep instanceof Map<?, ?> map ? asTree(map) : Map.of("a", deep);
            return Stream.of(
                            refused("filter", () -> Filter.parse(tree)),
                            refused("filter's value", () -> Filter.eq("p", deep)),
                            refused("filter's values", () -> Filter.in("p", Collections.singletonList(deep))),
                            refused("pipeline's filter", () -> Aggregation.parse(List.of(Map.of("$match", tree)))),
                            refused(
                                    "pipeline's condition",
                                    () -> Aggregation.parse(List.of(Map.of("$match", Map.of("$expr", tree))))),
                            refused(
                                    "pipeline's projection",
                                    () -> Aggregation.parse(List.of(Map.of("$project", Map.of("p", tree))))),
                            refused(
                                    "pipeline's group",
                                    () -> Aggregation.parse(
                                            List.of(Map.of("$group", Map.of("_id", tree, "n", Map.of("$sum", 1)))))),
                            refused(
                                    "pipeline's accumulator",
                                    () -> Aggregation.parse(
                                            List.of(Map.of("$group", Map.of("_id", "$a", "n", Map.of("$sum", tree)))))),
                            refused("expression's value", () -> Expression.literal(deep)),
                            refused("update", () -> Update.parse(Map.of("$set", Map.of("p", deep)))),
                            refused("update's value", () -> Update.push("p", deep)),
                            refused("update's elements", () -> Update.parse(Map.of("$push", Map.of("p", tree)))),
                            refused("stream's pipeline", () -> MatchPipeline.parse(List.of(Map.of("$match", tree)))),
                            refused(
                                    "tree, written",
                                    () -> DocumentCodec.ofTrees().encode(Map.of("p", deep))),
                            refused(EVENT, () -> HealthEvent.fromTree(Map.of("p", deep))),
                            refused(EVENT + "'s status", () -> HealthEventStatus.fromTree(Map.of("p", deep))),
                            refused(EVENT + " of maintenance", () -> MaintenanceEvent.fromTree(Map.of("p", deep))))
                    // Events keep what they do not know; an array is refused when it is written.
                    .filter(test ->
                            !(deep instanceof Object[] && test.getDisplayName().startsWith(EVENT)))
                    .map(test -> dynamicTest(test.getDisplayName() + " of " + shape.getKey(), test.getExecutable()));
        });
    }

    @TestFactory
    Stream<DynamicTest> json() {
        return JSON.entrySet().stream().flatMap(form -> {
            byte[] json = form.getValue().getBytes(UTF_8);
            return Stream.of(
                            refused("Jackson 3", () -> JsonCodec.jackson3().readTree(json)),
                            refused("trees", () -> DocumentCodec.ofTrees().decode(json)),
                            refused(
                                    "health event",
                                    () -> HealthEventDocument.codec(JsonCodec.jackson3())
                                            .decode(json)),
                            refused(
                                    "maintenance event",
                                    () -> MaintenanceEvent.codec(JsonCodec.jackson3())
                                            .decode(json)),
                            refused("import", () -> JsonReader.read(json)))
                    .map(test -> dynamicTest(test.getDisplayName() + " of " + form.getKey(), test.getExecutable()));
        });
    }

    @TestFactory
    Stream<DynamicTest> text() {
        return Stream.of(
                refused("path", () -> FieldPath.parse("a.".repeat(LEVELS) + "a")),
                refused("path of dots", () -> FieldPath.parse(".".repeat(LEVELS))),
                refused("path of backslashes", () -> FieldPath.parse("\\x".repeat(LEVELS))),
                refused("open groups", () -> Filter.matches("p", "(".repeat(LEVELS))),
                refused("groups", () -> Filter.matches("p", "(".repeat(LEVELS) + "a" + ")".repeat(LEVELS))),
                refused("the longest open groups", () -> Filter.matches("p", "(".repeat(1000))),
                refused("alternatives", () -> Filter.matches("p", "a|".repeat(LEVELS) + "a")),
                refused("repetitions", () -> Filter.matches("p", "(?:a{2}".repeat(300) + "){9}".repeat(60))),
                refused("sets", () -> Filter.matches("p", "[".repeat(LEVELS))),
                refused("token", () -> ResumeToken.parse("A".repeat(LEVELS))),
                refused("YAML lists", () -> DatastoreOptions.fromYaml("[".repeat(LEVELS))),
                refused("YAML maps", () -> DatastoreOptions.fromYaml("{a: ".repeat(LEVELS))),
                refused("YAML blocks", () -> DatastoreOptions.fromYaml("- ".repeat(LEVELS) + "x")),
                refused(
                        "hosts",
                        () -> DatastoreOptions.builder()
                                .host("[".repeat(LEVELS))
                                .database("d")
                                .username("u")
                                .build()));
    }

    @Test
    void theToolRefusesAFilterThatIsTooDeep() {
        Run run = Run.with(Map.of(), "watch", "--filter", "{\"a\":".repeat(LEVELS) + "1" + "}".repeat(LEVELS));

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).singleElement().asString().contains("nested deeper than 500 levels");
    }

    private static DynamicTest refused(String what, ThrowingCallable reading) {
        return dynamicTest(what, () -> {
            Throwable error = catchThrowable(reading);
            String message = error == null ? "" : String.valueOf(error.getMessage());
            boolean typed = error instanceof DatastoreException || error instanceof RejectedDocumentException;
            assertThat(typed).as("%s", error).isTrue();
            assertThat(message).isNotBlank().hasSizeLessThan(LONGEST_MESSAGE);
            boolean namesALimit = message.matches("(?s).*\\d.*");
            boolean namesWhatIsWrong = message.matches("(?s).*(unknown|takes|not supported|must|an? |is no ).*");
            assertThat(namesALimit || namesWhatIsWrong).as(message).isTrue();
        });
    }

    private static Object deep(UnaryOperator<Object> shape) {
        Object tree = 1;
        for (int i = 0; i < LEVELS; i++) {
            tree = shape.apply(tree);
        }
        return tree;
    }

    private static Map<String, Object> asTree(Map<?, ?> map) {
        Map<String, Object> tree = new LinkedHashMap<>();
        map.forEach((name, value) -> tree.put(String.valueOf(name), value));
        return tree;
    }
}
