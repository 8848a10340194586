// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link JsonCodec} over Jackson 2. {@link Jackson3Codec} is its twin; a test holds them equal. Nothing but
 * {@link JsonCodec#jackson2} may use this class, because that loads an optional dependency.
 */
final class Jackson2Codec implements JsonCodec {

    private static final JsonFactory TREES = new JsonFactoryBuilder()
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
            // Jackson 3 writes them so by default.
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    private final ObjectMapper mapper;

    Jackson2Codec(ObjectMapper mapper) {
        this.mapper = Objects.requireNonNull(mapper, "mapper");
        String format = mapper.getFactory().getFormatName();
        if (!JsonFactory.FORMAT_NAME_JSON.equals(format)) {
            throw new InvalidRequestException("the mapper writes " + format + ", expected one for JSON");
        }
    }

    @Override
    public byte[] writeTree(Map<String, @Nullable Object> document) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator generator = TREES.createGenerator(bytes)) {
            JsonTreeWriter.write(document, new GeneratorSink(generator));
        } catch (IOException e) {
            throw JsonFailure.unwritable("cannot write a document as JSON", e);
        }
        return bytes.toByteArray();
    }

    @Override
    public Map<String, @Nullable Object> readTree(byte[] json) {
        try (JsonParser parser = TREES.createParser(json)) {
            return JsonTreeReader.read(new ParserSource(parser));
        } catch (StreamConstraintsException e) {
            throw JsonFailure.unreadable("JSON document beyond a limit: " + e.getOriginalMessage(), e);
        } catch (JsonProcessingException e) {
            throw JsonFailure.unreadable("malformed JSON at " + where(e.getLocation()), e);
        } catch (IOException e) {
            throw JsonFailure.unreadable("malformed JSON", e);
        }
    }

    @Override
    public byte[] write(Object value) {
        try {
            return mapper.writeValueAsBytes(value);
        } catch (IOException | RuntimeException e) {
            String type = value.getClass().getName();
            throw JsonFailure.unwritable("cannot write a " + type + " as JSON" + detail(e), e);
        }
    }

    @Override
    public <T> T read(byte[] json, Class<T> type) {
        @Nullable T value;
        try {
            value = mapper.readValue(json, type);
        } catch (IOException | RuntimeException e) {
            throw JsonFailure.unreadable("cannot read JSON as a " + type.getName() + detail(e), e);
        }
        if (value == null) {
            throw new InvalidDocumentException("cannot read JSON as a " + type.getName() + ": found null");
        }
        return value;
    }

    private static String detail(Exception e) {
        if (!(e instanceof JsonProcessingException jackson)) {
            return "";
        }
        String path = e instanceof JsonMappingException mapping ? mapping.getPathReference() : "";
        return (path.isEmpty() ? "" : ", path " + path)
                + (jackson.getLocation() == null ? "" : ", at " + where(jackson.getLocation()))
                // Speaks of classes only, and is of no use without what it says.
                + (jackson instanceof InvalidDefinitionException ? ": " + jackson.getOriginalMessage() : "");
    }

    private static String where(@Nullable JsonLocation location) {
        return location == null
                ? "an unknown position"
                : JsonFailure.where(location.getLineNr(), location.getColumnNr(), location.getByteOffset());
    }

    private record ParserSource(JsonParser parser) implements JsonTreeReader.Source {

        @Override
        public JsonTreeReader.Token next() throws IOException {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return JsonTreeReader.Token.END;
            }
            return switch (token) {
                case START_OBJECT -> JsonTreeReader.Token.START_OBJECT;
                case END_OBJECT -> JsonTreeReader.Token.END_OBJECT;
                case START_ARRAY -> JsonTreeReader.Token.START_ARRAY;
                case END_ARRAY -> JsonTreeReader.Token.END_ARRAY;
                case FIELD_NAME -> JsonTreeReader.Token.NAME;
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
        public String text() throws IOException {
            return parser.getText();
        }

        @Override
        public Number number() throws IOException {
            return parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT
                    ? parser.getDecimalValue()
                    : parser.getNumberValue();
        }

        @Override
        public String where() {
            return Jackson2Codec.where(parser.currentTokenLocation());
        }
    }

    private record GeneratorSink(JsonGenerator generator) implements JsonTreeWriter.Sink {

        @Override
        public void startObject() throws IOException {
            generator.writeStartObject();
        }

        @Override
        public void name(String name) throws IOException {
            generator.writeFieldName(name);
        }

        @Override
        public void endObject() throws IOException {
            generator.writeEndObject();
        }

        @Override
        public void startArray() throws IOException {
            generator.writeStartArray();
        }

        @Override
        public void endArray() throws IOException {
            generator.writeEndArray();
        }

        @Override
        public void text(String text) throws IOException {
            generator.writeString(text);
        }

        @Override
        public void integer(long number) throws IOException {
            generator.writeNumber(number);
        }

        @Override
        public void integer(BigInteger number) throws IOException {
            generator.writeNumber(number);
        }

        @Override
        public void decimal(BigDecimal number) throws IOException {
            generator.writeNumber(number);
        }

        @Override
        public void bool(boolean value) throws IOException {
            generator.writeBoolean(value);
        }

        @Override
        public void nothing() throws IOException {
            generator.writeNull();
        }
    }
}
