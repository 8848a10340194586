// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The server and Java read the same times out of documents. {@code -Dcorpus.seed=…} repeats one run. */
class InstantsTest {

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

    /** Seconds since 1970, exactly. */
    private static List<BigDecimal> onServer(List<?> values) {
        List<String> seconds = tables.query(
                "SELECT coalesce(extract(epoch FROM nvsentinel_instant(CAST(d AS jsonb))), 'NaN')::text"
                        + " FROM unnest($1::text[]) WITH ORDINALITY AS u(d, n) ORDER BY n",
                List.of((Object) values.stream().map(JsonText::write).toArray(String[]::new)),
                row -> row.get(0, String.class));
        List<BigDecimal> exact = new ArrayList<>();
        seconds.forEach(each -> exact.add(each.equals("NaN") ? null : new BigDecimal(each)));
        return exact;
    }

    private static BigDecimal inMemory(Object value) {
        Instant instant = Instants.read(value);
        return instant == null
                ? null
                : BigDecimal.valueOf(instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1000, 6);
    }

    @Test
    void generatedValues() {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        Random random = new Random(seed);
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            values.add(random.nextInt(4) > 0 ? text(random) : object(random));
        }
        List<BigDecimal> onServer = onServer(values);
        int times = 0;
        for (int i = 0; i < values.size(); i++) {
            assertThat(inMemory(values.get(i)))
                    .as("seed %s, value %s", seed, JsonText.write(values.get(i)))
                    .isEqualTo(onServer.get(i));
            times += onServer.get(i) == null ? 0 : 1;
        }
        assertThat(times).as("times and others are both common").isBetween(1000, 9000);
    }

    /** A small t or z is never left to PostgreSQL's parser. */
    @Test
    void usualTextsAreReadAsTheUnusualOnes() {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> usual = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            usual.add(usual(random));
        }
        List<String> unusual = new ArrayList<>();
        usual.forEach(text -> unusual.add(random.nextBoolean() ? text.replace('T', 't') : text.replace('Z', 'z')));
        List<BigDecimal> read = onServer(usual);
        assertThat(read).as("seed %s", seed).isEqualTo(onServer(unusual));
        assertThat(read).doesNotContainNull();
    }

    @Test
    void knownValues() {
        assertThat(Instants.read("2026-11-01T01:02:03.4567899+05:30")).isEqualTo("2026-10-31T19:32:03.456789Z");
        assertThat(Instants.read("2024-02-29T00:00:00Z")).isEqualTo("2024-02-29T00:00:00Z");
        assertThat(Instants.read(Map.of("seconds", -1, "nanos", 999_999_999))).isEqualTo("1969-12-31T23:59:59.999999Z");
        assertThat(Instants.read(Map.of("seconds", new BigDecimal("5.0")))).isEqualTo("1970-01-01T00:00:05Z");
        assertThat(Instants.read(Map.of("$date", Map.of("$numberLong", "-1")))).isEqualTo("1969-12-31T23:59:59.999Z");
        for (Object none : Arrays.asList(
                "2023-02-29T00:00:00Z",
                "0000-01-01T00:00:00Z",
                "2026-11-01T00:00:00",
                "2026-11-01T23:59:60Z",
                "",
                5,
                null,
                true,
                List.of(),
                Map.of(),
                Map.of("seconds", "5"),
                Map.of("seconds", 5, "nanos", -1),
                Map.of("seconds", 253402300800L),
                Map.of("$date", 5),
                Map.of("$date", Map.of()))) {
            assertThat(Instants.read(none)).as(String.valueOf(none)).isNull();
        }
    }

    /** Any day of two centuries and a little more, to any number of digits. */
    static String usual(Random random) {
        LocalDate day = LocalDate.of(1899, 12, 1).plusDays(random.nextInt(73_200));
        String digits = String.format(Locale.ROOT, "%09d", random.nextInt(1_000_000_000));
        int precision = random.nextInt(10);
        return day + LocalTime.ofSecondOfDay(random.nextInt(86_400)).format(DateTimeFormatter.ofPattern("'T'HH:mm:ss"))
                + (precision == 0 ? "" : "." + digits.substring(0, precision)) + "Z";
    }

    /** A string that may be a time. */
    static String text(Random random) {
        String time = String.format(
                Locale.ROOT,
                "%04d-%02d-%02d%s%02d:%02d:%02d%s%s",
                any(random, List.of(0, 1, 1900, 1969, 1970, 2000, 2023, 2024, 9999)),
                1 + random.nextInt(random.nextInt(9) == 0 ? 13 : 12),
                random.nextInt(random.nextInt(4) == 0 ? 33 : 31),
                any(random, List.of("T", "T", "T", "t", " ")),
                random.nextInt(random.nextInt(9) == 0 ? 26 : 24),
                random.nextInt(random.nextInt(9) == 0 ? 62 : 60),
                random.nextInt(random.nextInt(9) == 0 ? 62 : 60),
                any(random, List.of("", "", ".5", ".123456", ".9999999", ".000000999", ".", ".1234567890")),
                any(
                        random,
                        List.of(
                                "Z", "Z", "Z", "z", "+00:00", "-00:30", "+14:00", "-23:59", "+24:00", "+05", "",
                                "UTC")));
        return random.nextInt(30) == 0 ? time + any(random, List.of("\n", " ", "Z")) : time;
    }

    /** An object that may be a time. */
    static Object object(Random random) {
        Object seconds = any(
                random,
                Arrays.asList(
                        0,
                        1,
                        -1,
                        86399,
                        86400,
                        -86400,
                        -86401,
                        1793491200,
                        253402300799L,
                        253402300800L,
                        -62135596800L,
                        -62135596801L,
                        new BigDecimal("1.5"),
                        new BigDecimal("1.0"),
                        new BigDecimal("1E+3"),
                        new BigDecimal("1E+400"),
                        "1",
                        null));
        Object nanos = any(
                random,
                Arrays.asList(
                        0,
                        1,
                        999,
                        1000,
                        999_999_999,
                        1_000_000_000,
                        -1,
                        new BigDecimal("1.5"),
                        new BigDecimal("1000.0"),
                        "1",
                        null,
                        true));
        Object millis = any(
                random,
                Arrays.asList(
                        "0",
                        "1",
                        "-1",
                        "1793491200123",
                        "253402300799999",
                        "253402300800000",
                        "-62135596800000",
                        "-62135596800001",
                        "999999999999999",
                        "1000000000000000",
                        "",
                        "-",
                        "1.5",
                        "+1",
                        " 1",
                        5,
                        null));
        Map<String, Object> object = new java.util.HashMap<>();
        switch (random.nextInt(4)) {
            case 0 -> object.put("seconds", seconds);
            case 1 -> {
                object.put("seconds", seconds);
                object.put("nanos", nanos);
            }
            case 2 -> object.put("$date", java.util.Collections.singletonMap("$numberLong", millis));
            default -> {
                object.put("$date", any(random, Arrays.asList(text(random), 5, null, List.of(), Map.of("seconds", 1))));
                object.put("seconds", 1);
            }
        }
        return object;
    }

    static <T> T any(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
