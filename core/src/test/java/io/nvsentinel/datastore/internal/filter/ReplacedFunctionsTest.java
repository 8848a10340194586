// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The functions behind the mirrored columns give what the versions gave that they replaced: rows of existing tables are not
 * written again. {@code -Dcorpus.seed=…} repeats one run.
 */
@Tag("essential")
class ReplacedFunctionsTest {

    private static final int VALUES = 4_000;

    private static final Object MISSING = new Object();

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static TestTables tables;

    private final long seed = Long.getLong("corpus.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void start() {
        tables = new TestTables(DATABASE.get());
        for (String replaced : List.of(
                "V001__nvsentinel_text",
                "V002__nvsentinel_boolean",
                "V180__nvsentinel_unset_time",
                "V181__nvsentinel_instant_unset")) {
            tables.execute(TestTables.script(replaced)
                    .replace("OR REPLACE ", "")
                    .replaceAll("nvsentinel_(text|boolean|unset_time|instant)", "replaced_$1"));
        }
    }

    @AfterAll
    static void stop() {
        tables.close();
    }

    /** Nothing may depend on how a session writes dates and intervals. */
    @ParameterizedTest
    @CsvSource({"'ISO, MDY', postgres", "'German, DMY', sql_standard"})
    void instantsAreTheSame(String dateStyle, String intervalStyle) {
        tables.execute("SET DateStyle = '" + dateStyle + "'; SET IntervalStyle = '" + intervalStyle + "'");
        List<Object> values = new ArrayList<>(List.of(
                "0001-01-01T00:00:00.000000999Z",
                "0001-01-01T05:30:00+05:30",
                "0001-01-01T05:30:00.0+05:30",
                "0001-01-01T00:00:00+00:01",
                "0001-01-01t00:00:00-00:00",
                "9999-12-31T23:59:59.9999999-23:59",
                "1900-02-29T00:00:00Z",
                "2000-02-29T00:00:00z",
                Map.of("$date", "2024-02-29T12:00:00.123Z"),
                Map.of("$date", Map.of("$numberLong", "-062135596800000")),
                Map.of("$date", "0001-01-01T00:00:00Z")));
        for (int i = 0; i < VALUES / 4; i++) {
            Object value = switch (random.nextInt(5)) {
                case 0 -> InstantsTest.usual(random);
                case 1 -> InstantsTest.object(random);
                case 2 -> valid();
                default -> InstantsTest.text(random);
            };
            values.add(random.nextInt(4) == 0 ? Map.of("$date", value) : value);
        }
        assertSame("instant(v[1])", values.stream().map(value -> new Object[] {value}));
    }

    /** Every year, any offset: few of the other texts are times. */
    private String valid() {
        int precision = random.nextInt(10);
        String fraction =
                precision == 0 ? "" : "." + String.format(Locale.ROOT, "%0" + precision + "d", random.nextInt(10));
        return String.format(
                Locale.ROOT,
                "%04d-%02d-%02d%s%02d:%02d:%02d%s%s",
                InstantsTest.any(random, List.of(1, 1, 4, 99, 100, 1582, 1999, 2026, 2100, 9999)),
                1 + random.nextInt(random.nextInt(2) == 0 ? 1 : 12),
                1 + random.nextInt(random.nextInt(2) == 0 ? 1 : 28),
                InstantsTest.any(random, List.of("T", "t")),
                random.nextInt(random.nextInt(2) == 0 ? 1 : 24),
                random.nextInt(random.nextInt(2) == 0 ? 1 : 60),
                random.nextInt(random.nextInt(2) == 0 ? 1 : 60),
                fraction,
                InstantsTest.any(
                        random, List.of("Z", "z", "+00:00", "-00:00", "+05:30", "-23:59", "+23:59", "+01:00")));
    }

    @Test
    void textsAreTheSame() {
        assertSame("text(v[1], v[2], v[3], v[4])", IntStream.range(0, VALUES).mapToObj(i -> values(4)));
        assertSame("text(v[1])", IntStream.range(0, VALUES / 10).mapToObj(i -> values(1)));
    }

    @Test
    void booleansAreTheSame() {
        assertSame("boolean(v[1], v[2], v[3])", IntStream.range(0, VALUES).mapToObj(i -> values(3)));
    }

    private Object[] values(int count) {
        return IntStream.range(0, count).mapToObj(i -> value()).toArray();
    }

    /** A value of each type, or SQL's null. */
    private Object value() {
        Object plain = InstantsTest.any(
                random,
                Arrays.asList("a", "", "null", "true", 0, 1.5, true, false, null, List.of(), List.of(true), Map.of()));
        return switch (random.nextInt(6)) {
            case 0, 1 -> MISSING;
            case 2 -> null;
            case 3 -> Collections.singletonMap("value", plain);
            default -> plain;
        };
    }

    /** Of each row's values an array is made; both functions are asked, and neither may fail. */
    private void assertSame(String call, Stream<Object[]> rows) {
        String[] arguments = rows.map(row -> Arrays.stream(row)
                        .map(value -> value == MISSING ? "null" : quoted(JsonText.write(value)))
                        .collect(Collectors.joining(", ", "{", "}")))
                .toArray(String[]::new);
        String sql = "SELECT v::text, replaced_" + call + "::text AS before, nvsentinel_" + call + "::text AS after"
                + " FROM (SELECT n, a::jsonb[] AS v FROM unnest($1::text[]) WITH ORDINALITY AS u(a, n)) AS t ORDER BY n";
        List<String> known = new ArrayList<>();
        for (String[] row : tables.query(sql, List.of((Object) arguments), row ->
                new String[] {row.get(0, String.class), row.get(1, String.class), row.get(2, String.class)})) {
            assertThat(row[2]).as("seed %s, %s", seed, row[0]).isEqualTo(row[1]);
            if (row[1] != null) {
                known.add(row[1]);
            }
        }
        assertThat(known)
                .as("values and none are both common")
                .hasSizeBetween(arguments.length / 20, arguments.length * 19 / 20);
    }

    private static String quoted(String json) {
        return '"' + json.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
