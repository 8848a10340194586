// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.Regex;
import io.nvsentinel.datastore.internal.filter.regex.RegexParser;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every expression that the parser accepts means the same to PostgreSQL, whether made to be valid or thrown together.
 * {@code -Dcorpus.seed=…} repeats one run.
 */
class RegexCorpusTest {

    private static final int PATTERNS = 600;
    private static final List<String> CHARACTERS = List.of(
            "a", "b", "c", "B", "1", "9", "_", "-", " ", "\n", "\r", "\u000b", "\u0001", "é", "ß", "\u0130", "\u0663",
            "\u00a0", "\u2028", "😀", "]", "[", "\\", ".", "^", "$", "(", "{", "}", "#", "/", "\u007f");
    private static final List<String> PIECES = List.of(
            "a",
            "b",
            "c",
            "1",
            "_",
            "-",
            "é",
            "😀",
            ".",
            "^",
            "$",
            "|",
            "(",
            ")",
            "(?:",
            "[",
            "]",
            "[^",
            "*",
            "+",
            "?",
            "{",
            "}",
            "{2}",
            "{1,3}",
            "{0}",
            ",",
            "\\",
            "\\d",
            "\\D",
            "\\w",
            "\\W",
            "\\s",
            "\\S",
            "\\n",
            "\\.",
            "\\]",
            "\\-",
            "\\^",
            "a-c",
            "0-9",
            "A-z",
            ":",
            "[:alpha:]",
            "***:",
            "(?i)",
            "\\b",
            "\\1",
            "&&",
            " ",
            "#");

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

    @Test
    void validExpressions() {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        Random random = new Random(seed);
        long matched = 0;
        for (int i = 0; i < PATTERNS; i++) {
            String pattern = alternatives(random, 0, true);
            matched += compare(pattern, RegexParser.parse(FieldPath.of("a"), pattern), random, seed);
        }
        assertThat(matched).as("both verdicts are common").isBetween(PATTERNS * 2L, PATTERNS * 18L);
    }

    @Test
    void expressionsThrownTogether() {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        Random random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < 5 * PATTERNS; i++) {
            StringBuilder pattern = new StringBuilder();
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                pattern.append(any(random, PIECES));
            }
            Regex regex;
            try {
                regex = RegexParser.parse(FieldPath.of("a"), pattern.toString());
            } catch (InvalidRequestException refused) {
                continue;
            }
            accepted++;
            compare(pattern.toString(), regex, random, seed);
        }
        assertThat(accepted).isGreaterThan(PATTERNS / 6);
    }

    /** Each of these once kept an engine busy: by backtracking, by its automaton, or while it was compiled. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a*)*b",
                "(a+)+b",
                "(a|a)*b",
                "(a|aa)+b",
                "(.*)(.*)(.*)(.*)(.*)(.*)b",
                "(.*){60}b",
                "((.*){7}.*){7}b",
                "((((((((((a*)*)*)*)*)*)*)*)*)*)*b",
                "(((((((((a?)?)?)?)?)?)?)?)?)*b",
                "(a?){255}a{255}b",
                "(a{0,20}){0,20}b",
                "((a?){0,13}){0,13}b",
                "((a|b?)(c|d?)){0,80}b",
                "(a|b)*a(a|b){100}b"
            })
    void isMatchedInTimeThatGrowsWithTheString(String pattern) {
        Regex regex = RegexParser.parse(FieldPath.of("a"), pattern);
        for (String text : List.of("a".repeat(5_000), "a".repeat(5_000) + "b", "ab".repeat(2_500) + "!")) {
            List<Boolean> found = tables.query(
                    "SELECT CAST($2 AS text) COLLATE \"C\" ~ CAST($1 AS text)",
                    List.of(pattern, text),
                    row -> row.get(0, Boolean.class));
            assertThat(List.of(regex.find(text))).as(text.substring(4_995)).isEqualTo(found);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "((((((a{0}){255}){255}){255}){255}){255}){255}",
                "((((((a{0,0}){0,255}){0,255}){0,255}){0,255}){0,255}){0,255}",
                "(((((a?){255}){255}){255}){255}){255}",
                "((a{255}){255}){255}",
                "(a{0,60}){0,60}"
            })
    void isRejectedBeforeItIsCompiledWhereRepetitionsMultiply(String pattern) {
        assertThatThrownBy(() -> RegexParser.parse(FieldPath.of("a"), pattern))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("a: ")
                .hasMessageContaining("more than 2000");
    }

    private static long compare(String pattern, Regex regex, Random random, long seed) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            texts.add(text(random));
        }
        List<Boolean> found = tables.query(
                "SELECT t COLLATE \"C\" ~ CAST($1 AS text) FROM unnest($2::text[]) WITH ORDINALITY AS "
                        + "u(t, n) ORDER BY n",
                List.of(pattern, texts.toArray(String[]::new)),
                row -> row.get(0, Boolean.class));
        List<Boolean> matched = texts.stream().map(regex::find).toList();
        assertThat(matched)
                .as("seed %s, expression <%s>, strings %s", seed, pattern, texts)
                .isEqualTo(found);
        return matched.stream().filter(match -> match).count();
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(8); n > 0; n--) {
            text.append(any(random, random.nextBoolean() ? CHARACTERS.subList(0, 4) : CHARACTERS));
        }
        return text.toString();
    }

    private static String alternatives(Random random, int depth, boolean anchors) {
        String one = sequence(random, depth, anchors);
        return random.nextInt(4) == 0 ? one + "|" + alternatives(random, depth, anchors) : one;
    }

    private static String sequence(Random random, int depth, boolean anchors) {
        StringBuilder sequence = new StringBuilder(anchors && random.nextInt(8) == 0 ? "^" : "");
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            String repetition = repetition(random);
            sequence.append(atom(random, depth, anchors && repetition.isEmpty()))
                    .append(repetition);
        }
        return sequence.append(anchors && random.nextInt(8) == 0 ? "$" : "").toString();
    }

    private static String atom(Random random, int depth, boolean anchors) {
        return switch (random.nextInt(depth > 3 ? 8 : 10)) {
            case 0 -> ".";
            case 1 -> any(random, List.of("\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\n", "\\t", "\\r"));
            case 2, 3 -> set(random);
            case 8, 9 -> any(random, List.of("(", "(?:")) + alternatives(random, depth + 1, anchors) + ")";
            default -> literal(any(random, random.nextBoolean() ? CHARACTERS.subList(0, 4) : CHARACTERS));
        };
    }

    private static String set(Random random) {
        StringBuilder set = new StringBuilder(random.nextInt(3) == 0 ? "[^" : "[");
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            set.append(
                    random.nextInt(3) == 0
                            ? any(random, List.of("a-c", "0-9", "A-Z", "\\d", "\\w", "\\s", "\\n", "\\-", "\\]"))
                            : literal(any(random, CHARACTERS)));
        }
        return set.append("]").toString();
    }

    private static String literal(String character) {
        return "\\].^$({}[-".contains(character) ? "\\" + character : character;
    }

    private static String repetition(Random random) {
        return random.nextInt(3) > 0
                ? ""
                : any(random, List.of("*", "+", "?", "{2}", "{0}", "{1,}", "{0,2}", "{2,3}", "{0,0}"));
    }

    private static <T> T any(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
