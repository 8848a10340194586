// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads one JSON document into maps, lists, strings, {@code Long}, {@code BigInteger}, {@code BigDecimal} and booleans.
 * It is stricter than the library's codec: it rejects values that {@code jsonb} does not preserve and repeated keys,
 * and the sign of a zero is kept as {@code {"$numberDouble": "-0.0"}}.
 */
public final class JsonReader {

    /** What the library reads later, so nothing deeper is stored. */
    private static final int MAX_DEPTH = 500;

    private static final int MAX_NAME_LENGTH = 50_000;
    /** More than a document can have. */
    private static final int MAX_TEXT_LENGTH = 1 << 28;

    private static final int MAX_NUMBER_LENGTH = 1_000;
    private static final int MAX_SCALE = 2_000_000_000;
    private static final int FIRST_BYTES = 4;

    private static final Map<String, @Nullable Object> NEGATIVE_ZERO = Map.of(ExtendedType.DOUBLE, "-0.0");

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME_LENGTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxStringLength(MAX_TEXT_LENGTH)
                    .build())
            .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
            .build();

    private JsonReader() {}

    /**
     * Reads a document.
     *
     * @param json its bytes, in UTF-8
     * @return a new tree
     * @throws RejectedDocumentException if they are not a JSON object, or if the object cannot be stored unchanged
     */
    public static Map<String, @Nullable Object> read(byte[] json) throws RejectedDocumentException {
        if (isOtherEncoding(json)) {
            throw new RejectedDocumentException("not in UTF-8");
        }
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            return document(parser);
        } catch (JacksonException e) {
            // Jackson's own message quotes the document.
            throw new RejectedDocumentException("not valid JSON" + where(e.getLocation()));
        }
    }

    private static Map<String, @Nullable Object> document(JsonParser parser) throws RejectedDocumentException {
        try {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new RejectedDocumentException("not a JSON object");
            }
            Map<String, @Nullable Object> document = object(parser);
            if (parser.nextToken() != null) {
                throw new RejectedDocumentException("more than one JSON object");
            }
            return document;
        } catch (StreamConstraintsException e) {
            boolean tooDeep = parser.streamReadContext().getNestingDepth() > MAX_DEPTH;
            throw new RejectedDocumentException((tooDeep
                            ? "nested deeper than " + MAX_DEPTH + " levels"
                            : "a key longer than " + MAX_NAME_LENGTH + " characters, or a number longer than "
                                    + MAX_NUMBER_LENGTH + " digits")
                    + where(parser.currentLocation()));
        }
    }

    private static String where(@Nullable TokenStreamLocation location) {
        return location == null || location.getByteOffset() < 0 ? "" : ", near its byte " + location.getByteOffset();
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws RejectedDocumentException {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = Text.storable(parser.currentName());
            parser.nextToken();
            if (members.containsKey(name)) {
                throw new RejectedDocumentException("the key occurs twice, and only one value can be kept").in(name);
            }
            try {
                members.put(name, value(parser));
            } catch (RejectedDocumentException e) {
                throw e.in(name);
            }
        }
        return members;
    }

    private static List<@Nullable Object> list(JsonParser parser) throws RejectedDocumentException {
        List<@Nullable Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            try {
                items.add(value(parser));
            } catch (RejectedDocumentException e) {
                throw e.in(String.valueOf(items.size()));
            }
        }
        return items;
    }

    private static @Nullable Object value(JsonParser parser) throws RejectedDocumentException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> list(parser);
            case VALUE_STRING -> Text.storable(parser.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser);
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NULL -> null;
            default -> throw new RejectedDocumentException("not valid JSON");
        };
    }

    private static Object number(JsonParser parser) throws RejectedDocumentException {
        boolean integer = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
        if (integer && parser.getNumberType() == JsonParser.NumberType.INT && parser.getIntValue() != 0) {
            return (long) parser.getIntValue();
        }
        BigDecimal number = decimal(parser);
        if (number.signum() == 0 && parser.getString().startsWith("-")) {
            return NEGATIVE_ZERO;
        }
        return Numbers.storable(integer ? Numbers.integer(number.toBigInteger()) : number);
    }

    /** Where an exponent is no int, the parser fails with an exception of the JDK's, or reads another number. */
    private static BigDecimal decimal(JsonParser parser) throws RejectedDocumentException {
        try {
            BigDecimal number = parser.getDecimalValue();
            if (Math.abs((long) number.scale()) <= MAX_SCALE) {
                return number;
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // Rejected below; the message would quote the document.
        }
        throw new RejectedDocumentException("a number whose exponent is out of range");
    }

    /** The parser would read UTF-16 and UTF-32 too, of which no document in UTF-8 has the first bytes. */
    private static boolean isOtherEncoding(byte[] json) {
        for (int i = 0; i < Math.min(FIRST_BYTES, json.length); i++) {
            int value = json[i] & 0xff;
            if (value == 0 || value >= 0xfe) {
                return true;
            }
        }
        return false;
    }
}
