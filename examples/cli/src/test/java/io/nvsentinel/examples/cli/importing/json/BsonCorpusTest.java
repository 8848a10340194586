// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBinarySubType;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonUndefined;
import org.bson.BsonValue;
import org.bson.UuidRepresentation;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Generated documents as MongoDB's own library writes them. Both forms result in the same document. If a value remains
 * Extended JSON, that library reads the same value from it; otherwise it is the documented string or number. Without
 * DBPointers, which it writes in one form only, and integers beyond 64 bits, which it does not read.
 */
class BsonCorpusTest {

    private static final JsonWriterSettings RELAXED =
            JsonWriterSettings.builder().outputMode(JsonMode.RELAXED).build();
    private static final JsonWriterSettings CANONICAL =
            JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final long FIRST_TIME = Instant.parse("0001-01-01T00:00:00Z").toEpochMilli();
    private static final long LAST_TIME =
            Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
    private static final int DOCUMENTS = 500;

    private static final List<Function<Random, BsonValue>> LEAVES = List.of(
            random -> new BsonInt32(random.nextInt() >> random.nextInt(32)),
            random -> new BsonInt64(random.nextLong() >> random.nextInt(64)),
            random -> new BsonDouble(random.nextGaussian() * Math.pow(10, random.nextInt(30) - 15)),
            random -> new BsonDouble(random.nextInt(2000) - 1000),
            random -> new BsonDouble(
                    List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, Double.MIN_VALUE)
                            .get(random.nextInt(5))),
            random -> decimal(random, 60, random.nextInt(40) - 10),
            random -> decimal(random, 100, 1 + random.nextInt(20)),
            random -> new BsonDecimal128(List.of(Decimal128.NaN, Decimal128.NEGATIVE_INFINITY, Decimal128.NEGATIVE_ZERO)
                    .get(random.nextInt(3))),
            random -> new BsonString(text(random)),
            random -> new BsonObjectId(new ObjectId(bytes(random, 12))),
            random -> new BsonDateTime(random.nextLong(FIRST_TIME, LAST_TIME + 1)),
            random -> new BsonDateTime(random.nextLong()),
            random -> new BsonBinary(new UUID(random.nextLong(), random.nextLong())),
            random -> new BsonBinary(new UUID(random.nextLong(), random.nextLong()), UuidRepresentation.PYTHON_LEGACY),
            random -> new BsonBinary(BsonBinarySubType.BINARY, bytes(random, random.nextInt(40))),
            random -> new BsonBinary((byte) (0x80 + random.nextInt(0x80)), bytes(random, random.nextInt(10))),
            random -> new BsonTimestamp(random.nextLong()),
            random -> new BsonRegularExpression(
                    text(random), List.of("", "i", "ims").get(random.nextInt(3))),
            random -> new BsonSymbol(text(random)),
            random -> new BsonJavaScript(text(random)),
            random -> new BsonJavaScriptWithScope(text(random), new BsonDocument("n", new BsonInt32(random.nextInt()))),
            random -> BsonBoolean.valueOf(random.nextBoolean()),
            random -> BsonNull.VALUE,
            random -> new BsonUndefined(),
            random -> new BsonMinKey(),
            random -> new BsonMaxKey());

    private static BsonValue decimal(Random random, int mostBits, int scale) {
        BigInteger digits = new BigInteger(1 + random.nextInt(mostBits), random);
        return new BsonDecimal128(new Decimal128(new BigDecimal(digits, scale)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void keepsWhatMongoWrites(long seed) throws RejectedDocumentException {
        Random random = new Random(seed);
        for (int i = 0; i < DOCUMENTS; i++) {
            BsonDocument document = document(random, 3);
            String relaxed = stored(document.toJson(RELAXED));
            String canonical = stored(document.toJson(CANONICAL));
            assertThat(relaxed)
                    .as("seed %d, document %d: %s", seed, i, document)
                    .isEqualTo(canonical);
            assertSame(BsonDocument.parse(canonical), document, "seed " + seed + ", document " + i);
        }
    }

    private static String stored(String json) throws RejectedDocumentException {
        byte[] read = json.getBytes(StandardCharsets.UTF_8);
        byte[] stored = StoredJson.write(new Conversion(LegacyUuid.KEEP).document(JsonReader.read(read)));
        return new String(stored, StandardCharsets.UTF_8);
    }

    private static void assertSame(BsonValue stored, BsonValue original, String where) {
        switch (original.getBsonType()) {
            case DOCUMENT -> {
                assertThat(stored.asDocument().keySet())
                        .as(where)
                        .isEqualTo(original.asDocument().keySet());
                original.asDocument()
                        .forEach((key, value) -> assertSame(stored.asDocument().get(key), value, where + ", " + key));
            }
            case ARRAY -> {
                assertThat(stored.asArray()).as(where).hasSameSizeAs(original.asArray());
                IntStream.range(0, original.asArray().size())
                        .forEach(i -> assertSame(
                                stored.asArray().get(i), original.asArray().get(i), where + ", element " + i));
            }
            case OBJECT_ID ->
                assertText(stored, original.asObjectId().getValue().toHexString(), where);
            case DATE_TIME -> {
                long time = original.asDateTime().getValue();
                if (time < FIRST_TIME || time > LAST_TIME) {
                    assertThat(stored).as(where).isEqualTo(original);
                } else {
                    assertText(stored, TIME.format(Instant.ofEpochMilli(time)), where);
                }
            }
            case BINARY -> {
                if (original.asBinary().getType() == BsonBinarySubType.UUID_STANDARD.getValue()) {
                    assertText(stored, original.asBinary().asUuid().toString(), where);
                } else {
                    assertThat(stored).as(where).isEqualTo(original);
                }
            }
            case DECIMAL128 -> {
                // A number is read back as a double, so its digits are compared as strings.
                if (stored.isDecimal128()) {
                    assertThat(stored).as(where).isEqualTo(original);
                } else {
                    assertThat(stored.isNumber()).as(where).isTrue();
                    assertThat(stored.asNumber().doubleValue())
                            .as(where)
                            .isEqualTo(Double.valueOf(
                                    original.asDecimal128().getValue().doubleValue()));
                }
            }
            case INT32, INT64 ->
                assertThat(stored.asNumber().longValue())
                        .as(where)
                        .isEqualTo(original.asNumber().longValue());
            case DOUBLE ->
                assertThat(stored.asNumber().doubleValue())
                        .as(where)
                        .isEqualTo(Double.valueOf(original.asDouble().getValue()));
            default -> assertThat(stored).as(where).isEqualTo(original);
        }
    }

    private static void assertText(BsonValue stored, String text, String where) {
        assertThat(stored).as(where).isEqualTo(new BsonString(text));
    }

    private static BsonDocument document(Random random, int depth) {
        BsonDocument document = new BsonDocument();
        for (int i = random.nextInt(6); i >= 0; i--) {
            document.put("k" + i + text(random), value(random, depth));
        }
        return document;
    }

    private static BsonValue value(Random random, int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(8);
        if (kind == 1) {
            return document(random, depth - 1);
        }
        if (kind == 2) {
            return new BsonArray(IntStream.range(0, random.nextInt(4))
                    .mapToObj(i -> value(random, depth - 1))
                    .toList());
        }
        return LEAVES.get(random.nextInt(LEAVES.size())).apply(random);
    }

    /** Of one to four characters each of which needs care somewhere. */
    private static String text(Random random) {
        List<String> parts =
                List.of("a", "\"", "\\", "/", "\n", "\u0001", "\u007f", "ä", "日", "\uD83D\uDE00", "$", ".", "");
        return random.ints(1 + random.nextInt(4), 0, parts.size())
                .mapToObj(parts::get)
                .reduce("", String::concat);
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
