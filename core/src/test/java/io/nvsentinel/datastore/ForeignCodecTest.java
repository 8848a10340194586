// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Documents of a foreign codec: its output is stored as one document, or not at all. */
class ForeignCodecTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final DocumentCodec<String> TEXT = new DocumentCodec<>() {
        @Override
        public byte[] encode(String json) {
            return json.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String decode(byte[] json) {
            return new String(json, StandardCharsets.UTF_8);
        }
    };

    private Datastore datastore;
    private DocumentCollection<String> notes;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        datastore.createCollection("notes").block(SOON);
        DATABASE.execute("TRUNCATE notes");
        notes = datastore.collection("notes", TEXT);
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void moreThanOneStatementTakesIsRefusedWithTheLimit() {
        byte[] large = ("{\"text\":\"" + "x".repeat(16 << 20) + "\"}").getBytes(StandardCharsets.US_ASCII);
        DocumentCollection<String> sheets = datastore.collection("notes", new DocumentCodec<>() {
            @Override
            public byte[] encode(String ignored) {
                return large;
            }

            @Override
            public String decode(byte[] json) {
                return TEXT.decode(json);
            }
        });
        assertThatThrownBy(() -> sheets.insertMany(Collections.nCopies(16, "")).block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("less than 268435456 bytes");
        assertThat(sheets.count(Filter.all()).block(SOON)).isZero();
    }

    /** Between two others in one array, none of these may take a part of them along or become two. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                "null",
                "[]",
                "{",
                "}",
                "}{",
                "{}}",
                "{} {}",
                "{\"a\": 1}, {\"b\": 2}",
                "{\"a\": \"}",
                "{\"a\": \"\\\"}",
                "{\"a\": [}",
                "{\"a\": [}]",
                "{\"a\": ]}",
                "{\"a\": \u0000}",
                "{\"a\": \"\u0000\"}",
                "{\"a\": \"\\\\\\u0000\"}",
                "{\"a\": \"\u00ff\"}",
                "{\"a\" 1}",
                "{a: 1}"
            })
    void whatIsNoDocumentIsRefusedAloneAndAmongOthers(String wrong) {
        assertThat(catchThrowableOfType(
                        InvalidRequestException.class, () -> notes.insert(wrong).block(SOON)))
                .isNotNull();
        assertThat(catchThrowableOfType(
                        InvalidRequestException.class,
                        () -> notes.insertMany(List.of("{\"n\": 1}", wrong, "{\"n\": 2}"))
                                .block(SOON)))
                .isNotNull();
        assertThat(notes.count(Filter.all()).block(SOON)).isZero();
        BatchOptions goOn = BatchOptions.builder().stopAtFailure(false).build();
        BatchResult result = notes.insertStream(Flux.just("{\"n\": 1}", wrong, "{\"n\": 2}"), goOn)
                .blockLast(SOON);
        assertThat(result.stored()).extracting(BatchResult.Stored::index).containsExactly(0L, 2L);
        assertThat(result.failed()).extracting(BatchResult.Failed::index).containsExactly(1L);
        assertThat(notes.find(Filter.all())
                        .map(StoredDocument::document)
                        .collectList()
                        .block(SOON))
                .containsExactlyInAnyOrder("{\"n\": 1}", "{\"n\": 2}");
    }

    @Test
    void whatIsOneIsStoredHoweverItIsWritten() {
        List<String> documents = Stream.of(
                        "{}",
                        " \r\n\t{ }\n",
                        "{\"a\\\"}{\": \"[\\\\\"}",
                        "{\"a\": [{\"b\": []}, \"]\", {\"c\": {}}]}",
                        "{\"a\": \"\\\\u0000\"}")
                .toList();
        notes.insertMany(documents).block(SOON);
        documents.forEach(document -> notes.insert(document).block(SOON));
        List<String> stored = notes.find(Filter.all())
                .map(StoredDocument::document)
                .collectList()
                .block(SOON);
        assertThat(stored).hasSize(10).contains("{\"a\": \"\\\\u0000\"}", "{\"a\\\"}{\": \"[\\\\\"}");
    }
}
