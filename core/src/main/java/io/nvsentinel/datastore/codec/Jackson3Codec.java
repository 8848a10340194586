// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/** {@link JsonCodec} over Jackson 3. {@link Jackson2Codec} is its twin; a test holds them equal. */
final class Jackson3Codec implements JsonCodec {

    private static final JsonFactory TREES = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    // One level more than the library's limit, so that the library's own check reports the error.
                    .maxNestingDepth(JsonTreeReader.MAX_DEPTH + 1)
                    .maxNameLength(JsonTreeReader.MAX_NAME_LENGTH)
                    .maxNumberLength(JsonTreeReader.MAX_NUMBER_LENGTH)
                    .maxStringLength(JsonTreeReader.MAX_TEXT_LENGTH)
                    .build())
            .streamWriteConstraints(StreamWriteConstraints.builder()
                    .maxNestingDepth(JsonTreeReader.MAX_DEPTH + 1)
                    .build())
            .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
            // As Jackson 2 has it: the few threads that read and write need no queue for their buffers.
            .recyclerPool(JsonRecyclerPools.threadLocalPool())
            .build();

    static final Jackson3Codec DEFAULT = new Jackson3Codec(JsonMapper.builder()
            .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build());

    private final JsonMapper mapper;

    Jackson3Codec(JsonMapper mapper) {
        this.mapper = Objects.requireNonNull(mapper, "mapper");
    }

    @Override
    public byte[] writeTree(Map<String, @Nullable Object> document) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator generator = TREES.createGenerator(ObjectWriteContext.empty(), bytes)) {
            JsonTreeWriter.write(document, new GeneratorSink(generator));
        } catch (JacksonException | IOException e) {
            throw JsonFailure.unwritable("cannot write a document as JSON", e);
        }
        return bytes.toByteArray();
    }

    @Override
    public Map<String, @Nullable Object> readTree(byte[] json) {
        try (JsonParser parser = TREES.createParser(ObjectReadContext.empty(), json)) {
            return JsonTreeReader.read(new ParserSource(parser));
        } catch (StreamConstraintsException e) {
            throw JsonFailure.unreadable("JSON document beyond a limit: " + e.getOriginalMessage(), e);
        } catch (JacksonException e) {
            throw JsonFailure.unreadable("malformed JSON at " + where(e.getLocation()), e);
        } catch (IOException e) {
            throw JsonFailure.unreadable("malformed JSON", e);
        }
    }

    @Override
    public byte[] write(Object value) {
        try {
            return mapper.writeValueAsBytes(value);
        } catch (RuntimeException e) {
            String type = value.getClass().getName();
            throw JsonFailure.unwritable("cannot write a " + type + " as JSON" + detail(e), e);
        }
    }

    @Override
    public <T> T read(byte[] json, Class<T> type) {
        @Nullable T value;
        try {
            value = mapper.readValue(json, type);
        } catch (RuntimeException e) {
            throw JsonFailure.unreadable("cannot read JSON as a " + type.getName() + detail(e), e);
        }
        if (value == null) {
            throw new InvalidDocumentException("cannot read JSON as a " + type.getName() + ": found null");
        }
        return value;
    }

    private static String detail(RuntimeException e) {
        if (!(e instanceof JacksonException jackson)) {
            return "";
        }
        String path = jackson.getPathReference();
        return (path.isEmpty() ? "" : ", path " + path)
                + (jackson.getLocation() == null ? "" : ", at " + where(jackson.getLocation()))
                // Speaks of classes only, and is of no use without what it says.
                + (jackson instanceof InvalidDefinitionException ? ": " + jackson.getOriginalMessage() : "");
    }

    private static String where(@Nullable TokenStreamLocation location) {
        return location == null
                ? "an unknown position"
                : JsonFailure.where(location.getLineNr(), location.getColumnNr(), location.getByteOffset());
    }

    private record ParserSource(JsonParser parser) implements JsonTreeReader.Source {

        @Override
        public JsonTreeReader.Token next() {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return JsonTreeReader.Token.END;
            }
            return switch (token) {
                case START_OBJECT -> JsonTreeReader.Token.START_OBJECT;
                case END_OBJECT -> JsonTreeReader.Token.END_OBJECT;
                case START_ARRAY -> JsonTreeReader.Token.START_ARRAY;
                case END_ARRAY -> JsonTreeReader.Token.END_ARRAY;
                case PROPERTY_NAME -> JsonTreeReader.Token.NAME;
                case VALUE_STRING -> JsonTreeReader.Token.TEXT;
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> JsonTreeReader.Token.NUMBER;
                case VALUE_TRUE -> JsonTreeReader.Token.TRUE;
                case VALUE_FALSE -> JsonTreeReader.Token.FALSE;
                case VALUE_NULL -> JsonTreeReader.Token.NULL;
                case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException("a JSON parser of bytes never returns " + token);
            };
        }

        @Override
        public String text() {
            return parser.getString();
        }

        @Override
        public Number number() {
            return parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT
                    ? parser.getDecimalValue()
                    : parser.getNumberValue();
        }

        @Override
        public String where() {
            return Jackson3Codec.where(parser.currentTokenLocation());
        }
    }

    private record GeneratorSink(JsonGenerator generator) implements JsonTreeWriter.Sink {

        @Override
        public void startObject() {
            generator.writeStartObject();
        }

        @Override
        public void name(String name) {
            generator.writeName(name);
        }

        @Override
        public void endObject() {
            generator.writeEndObject();
        }

        @Override
        public void startArray() {
            generator.writeStartArray();
        }

        @Override
        public void endArray() {
            generator.writeEndArray();
        }

        @Override
        public void text(String text) {
            generator.writeString(text);
        }

        @Override
        public void integer(long number) {
            generator.writeNumber(number);
        }

        @Override
        public void integer(BigInteger number) {
            generator.writeNumber(number);
        }

        @Override
        public void decimal(BigDecimal number) {
            generator.writeNumber(number);
        }

        @Override
        public void bool(boolean value) {
            generator.writeBoolean(value);
        }

        @Override
        public void nothing() {
            generator.writeNull();
        }
    }
}
