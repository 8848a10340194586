// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What both Jacksons must do alike; every test runs with each of them. */
@ParameterizedClass(name = "{0}")
@MethodSource("codecs")
@Tag("essential")
class JsonCodecTest {

    private static final String SECRET = "hunter2";

    static Stream<Named> codecs() {
        return Stream.of(
                new Named("Jackson 3", JsonCodec.jackson3()),
                new Named("Jackson 2", JsonCodec.jackson2(new com.fasterxml.jackson.databind.ObjectMapper())));
    }

    record Named(String name, JsonCodec codec) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final JsonCodec codec;

    JsonCodecTest(Named named) {
        this.codec = named.codec();
    }

    @Test
    void anExponentThatIsNoIntIsInvalid() {
        for (String number : List.of("1e999999999026", "-1E-99999999999", "0.1e21474836480")) {
            assertThatExceptionOfType(InvalidDocumentException.class)
                    .as(number)
                    .isThrownBy(() -> codec.readTree(("{\"n\": " + number + "}").getBytes(UTF_8)));
        }
    }

    @Test
    void keepsOrderAndEveryKindOfValue() {
        String json = "{\"z\":\"é😀\\\"\\\\\",\"a\":[true,false,null,[],{}],\"m\":{\"y\":1,\"b\":null}}";

        Map<String, Object> tree = codec.readTree(json.getBytes(UTF_8));

        assertThat(new ArrayList<>(tree.keySet())).containsExactly("z", "a", "m");
        assertThat(tree).containsEntry("z", "é😀\"\\");
        assertThat(tree.get("a")).isEqualTo(Arrays.asList(true, false, null, List.of(), Map.of()));
        assertThat(new String(codec.writeTree(tree), UTF_8)).isEqualTo(json);
    }

    @Test
    void neverRoundsANumber() {
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("3.14", new BigDecimal("3.14"));
        expected.put("0.1", new BigDecimal("0.1"));
        expected.put("1.50", new BigDecimal("1.50"));
        expected.put("1e400", new BigDecimal("1E+400"));
        expected.put("1e-400", new BigDecimal("1E-400"));
        expected.put("3.141592653589793238462643383279", new BigDecimal("3.141592653589793238462643383279"));
        expected.put("0", 0);
        expected.put("-1", -1);
        expected.put("2147483647", Integer.MAX_VALUE);
        expected.put("2147483648", 2147483648L);
        expected.put("-9223372036854775808", Long.MIN_VALUE);
        expected.put("9223372036854775807", Long.MAX_VALUE);
        expected.put("9223372036854775808", BigInteger.TWO.pow(63));
        expected.put("1" + "0".repeat(400), BigInteger.TEN.pow(400));
        StringBuilder json = new StringBuilder("{");
        expected.keySet()
                .forEach(n -> json.append(json.length() > 1 ? "," : "")
                        .append('"')
                        .append(n)
                        .append("\":")
                        .append(n));

        Map<String, Object> tree = codec.readTree(json.append('}').toString().getBytes(UTF_8));

        assertThat(tree).isEqualTo(expected);
        assertThat(codec.readTree(codec.writeTree(tree))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999", "1e-999", "-1e999"})
    void readsBackWhatJsonbMakesOfTheLongestNumber(String number) {
        Object value =
                codec.readTree(("{\"n\":" + number + "}").getBytes(UTF_8)).get("n");
        codec.writeTree(Map.of("n", value));
        String stored = ((BigDecimal) value).toPlainString();

        Object read = codec.readTree(("{\"n\":" + stored + "}").getBytes(UTF_8)).get("n");

        assertThat(new BigDecimal(read.toString())).isEqualByComparingTo((BigDecimal) value);
    }

    @Test
    void writesJavaNumbersWithTheirShortestText() {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("double", 3.14);
        tree.put("float", 0.1f);
        tree.put("short", (short) 7);
        tree.put("byte", (byte) -7);
        tree.put("long", 1L << 53);

        assertThat(new String(codec.writeTree(tree), UTF_8))
                .isEqualTo("{\"double\":3.14,\"float\":0.1,\"short\":7,\"byte\":-7,\"long\":9007199254740992}");
    }

    @Test
    void theLastOfRepeatedKeysWins() {
        assertThat(codec.readTree("{\"a\":1,\"b\":2,\"a\":3}".getBytes(UTF_8))).isEqualTo(Map.of("a", 3, "b", 2));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"a":hunter2}                    | malformed JSON at line 1, column
            {"a":"hunter2                    | malformed JSON at line 1, column
            {"hunter2":1,}                   | malformed JSON at line 1, column
            {"a":"hunter2"} x                | malformed JSON at line 1, column
            {"a":NaN}                        | malformed JSON at line 1, column
            {"a":01}                         | malformed JSON at line 1, column
            {"a":"hunter2"}{}                | expected the end after one JSON object, found an object, at line 1, column 16
            {"a":"hunter2"} ]                | malformed JSON at line 1, column
            ["hunter2"]                      | expected a JSON object, found a list, at line 1, column 1
            "hunter2"                        | expected a JSON object, found a string, at line 1, column 1
            null                             | expected a JSON object, found null, at line 1, column 1
            12                               | expected a JSON object, found a number, at line 1, column 1
            true                             | expected a JSON object, found a boolean, at line 1, column 1
            ``                               | expected a JSON object, found the end
            """)
    void refusesWhatIsNotOneObjectAndSaysWhere(String json, String message) {
        Throwable error = catchThrowable(() -> codec.readTree(json.getBytes(UTF_8)));

        assertThat(error).isInstanceOf(InvalidDocumentException.class).hasMessageContaining(message);
        assertThat(stackTrace(error)).doesNotContain(SECRET);
    }

    @Test
    void saysTheByteOffset() {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.readTree("{\"é\":1,\n \"b\":?}".getBytes(UTF_8)))
                .withMessageContaining("line 2, column")
                .withMessageMatching("(?s).*\\(byte 1[45]\\).*")
                .havingCause()
                .withMessageContaining("message withheld");
    }

    @Test
    void refusesBrokenUtf8() {
        byte[] json = "{\"a\":\"x\"}".getBytes(UTF_8);
        json[6] = (byte) 0xFF;

        assertThatExceptionOfType(InvalidDocumentException.class).isThrownBy(() -> codec.readTree(json));
    }

    @Test
    void nestsAsDeepAsTheLimitAndNoDeeper() {
        String deepest = "{\"a\":".repeat(499) + "{}" + "}".repeat(499);
        Map<String, Object> tree = codec.readTree(deepest.getBytes(UTF_8));
        assertThat(codec.writeTree(tree)).isEqualTo(deepest.getBytes(UTF_8));

        String tooDeep = "{\"a\":" + deepest + "}";
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.readTree(tooDeep.getBytes(UTF_8)))
                .withMessageContaining("nested deeper than 500 levels, at line 1, column 2501");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> codec.writeTree(Map.of("a", tree)))
                .withMessageContaining("nested deeper than 500 levels, below, at a.a.a");
        String lists = "{\"a\":" + "[".repeat(1_000_000);
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.readTree(lists.getBytes(UTF_8)))
                .withMessageContaining("nested deeper than 500 levels");
    }

    @Test
    void refusesNumbersAndKeysBeyondTheLimits() {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.readTree(("{\"n\":" + "9".repeat(1_001) + "}").getBytes(UTF_8)))
                .withMessageContaining("1000");
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.readTree(("{\"" + "k".repeat(60_000) + "\":1}").getBytes(UTF_8)))
                .withMessageContaining("50000");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> codec.writeTree(Map.of("k".repeat(50_001), 1)))
                .withMessageContaining("longer than 50000");
    }

    @Test
    void refusesWhatCannotBeStoredAndSaysWhere() {
        refused(Map.of("a", List.of(1, Map.of("b", Double.NaN))), "JSON has no number NaN, at a[1].b");
        refused(Map.of("a", Float.NEGATIVE_INFINITY), "JSON has no number -Infinity, at a");
        refused(Map.of("a", "x\u0000"), "a string with U+0000, which PostgreSQL cannot store, at character 1, at a");
        refused(Map.of("a", new BigDecimal("1e1000")), "a number of more than 1000 digits, at a");
        refused(Map.of("a", new BigDecimal("-1e-1000")), "a number of more than 1000 digits, at a");
        refused(Map.of("a", new BigDecimal("1e2147483647")), "a number of more than 1000 digits, at a");
        refused(Map.of("a", BigInteger.TEN.pow(1000)), "a number of more than 1000 digits, at a");
        refused(Map.of("a", BigInteger.ONE.shiftLeft(1_000_000)), "a number of more than 1000 digits, at a");
        refused(Map.of("x\u0000", 1), "at x?");
        refused(Map.of("a", "\uD83D"), "a string with an unpaired surrogate at character 0, at a");
        refused(Map.of("a", "x\uDE00\uD83D"), "a string with an unpaired surrogate at character 1, at a");
        refused(Map.of("a", new StringBuilder(SECRET)), "cannot store a java.lang.StringBuilder");
        refused(Map.of("a", new Unwritten()), "as a number, at a");
        refused(Map.of("a", Collections.singletonMap(null, 1)), "a key is not a string, at a");
        refused(Map.of("a", Map.of(1, 1)), "a key is not a string, at a");
    }

    @Test
    void writesEveryNumberWhoseTextIsOne() {
        assertThat(new String(codec.writeTree(Map.of("a", new AtomicLong(7))), UTF_8))
                .isEqualTo("{\"a\":7}");
        assertThat(new String(codec.writeTree(Map.of("a", new DoubleAdder())), UTF_8))
                .isEqualTo("{\"a\":0.0}");
    }

    /** A number of a class that the JDK does not have. */
    private static final class Unwritten extends Number {

        private static final long serialVersionUID = 1L;

        @Override
        public int intValue() {
            return 1;
        }

        @Override
        public long longValue() {
            return 1;
        }

        @Override
        public float floatValue() {
            return 1;
        }

        @Override
        public double doubleValue() {
            return 1;
        }

        @Override
        public String toString() {
            return SECRET;
        }
    }

    private void refused(Map<String, Object> tree, String message) {
        Throwable error = catchThrowable(() -> codec.writeTree(tree));

        assertThat(error).isInstanceOf(InvalidRequestException.class).hasMessageContaining(message);
        assertThat(stackTrace(error)).doesNotContain(SECRET);
    }

    @Test
    void aTreeThatHoldsItselfIsRefused() {
        Map<String, Object> tree = new HashMap<>();
        tree.put("self", tree);

        assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> codec.writeTree(tree));
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false", "42", "3.14", "\"quote \\\" and \\\\\"", "{}", "[]", "{\"a\":[1]}"})
    void writesPlainValuesAsTheyAre(String json) {
        assertThat(new String(codec.write(codec.read(json.getBytes(UTF_8), Object.class)), UTF_8))
                .isEqualTo(json);
    }

    record Pod(String name, int restarts) {}

    @Test
    void readsAndWritesTheApplicationsClass() {
        byte[] json = codec.write(new Pod("p", 3));

        assertThat(codec.readTree(json)).isEqualTo(Map.of("name", "p", "restarts", 3));
        assertThat(codec.read(json, Pod.class)).isEqualTo(new Pod("p", 3));
    }

    @Test
    void namesClassPathAndPositionOfWhatAClassCannotTake() {
        InvalidDocumentException error = catchThrowableOfType(
                InvalidDocumentException.class,
                () -> codec.read("{\"name\":\"p\",\"restarts\":\"hunter2\"}".getBytes(UTF_8), Pod.class));

        assertThat(error)
                .hasMessageContaining("cannot read JSON as a " + Pod.class.getName())
                .hasMessageContaining("Pod[\"restarts\"]")
                .hasMessageContaining("line 1, column 24");
        assertThat(stackTrace(error)).doesNotContain(SECRET).contains("InvalidFormatException");
    }

    @Test
    void aNullIsNotAValueOfAClass() {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.read("null".getBytes(UTF_8), Pod.class))
                .withMessageContaining("found null");
    }

    record Failing(String value) {
        Failing {
            throw new IllegalArgumentException("no " + value);
        }
    }

    @Test
    void aFailingConstructorIsAnInvalidDocument() {
        Throwable error = catchThrowable(() -> codec.read("{\"value\":\"hunter2\"}".getBytes(UTF_8), Failing.class));

        assertThat(error).isInstanceOf(InvalidDocumentException.class);
        assertThat(stackTrace(error)).doesNotContain(SECRET).contains("IllegalArgumentException");
    }

    static final class Opaque {
        public String getValue() {
            throw new IllegalStateException(SECRET);
        }
    }

    @Test
    void aFailingGetterIsAnInvalidRequest() {
        Throwable error = catchThrowable(() -> codec.write(new Opaque()));

        assertThat(error).isInstanceOf(InvalidRequestException.class).hasMessageContaining("Opaque[\"value\"]");
        assertThat(stackTrace(error)).doesNotContain(SECRET).contains("IllegalStateException");
    }

    static final class Unmappable {
        Unmappable(Thread thread) {
            assertThat(thread).isNotNull();
        }
    }

    @Test
    void saysWhyAClassCannotBeMapped() {
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> codec.read("{}".getBytes(UTF_8), Unmappable.class))
                .withMessageContaining("no Creators");
    }

    private static String stackTrace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
