// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Collections of the application's own, with its own class. */
@Tag("essential")
class CollectionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE =
            PostgresDatabase.from(Databases.MIGRATED).keepingSessions(8);

    private static final DocumentCodec<Rack> CODEC = DocumentCodec.of(Rack.class, JsonCodec.jackson3());

    private static Datastore datastore;

    record Rack(String name, int slots, List<String> nodes) {}

    @BeforeAll
    static void connect() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(8));
    }

    @AfterAll
    static void close() {
        datastore.close().block(SOON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "racks",
                "Racks",
                "select",
                "with space",
                "dot.ted",
                "quo\"te",
                "it's",
                "back\\slash",
                "; DROP TABLE health_events; --",
                "\"; DROP TABLE health_events; --",
                "$1",
                "%I",
                "%s%s",
                "日本語",
                "a23456789012345678901234567890123456789012345678901234567890123"
            })
    void isCreatedUsedAndCapturedUnderAnyName(String name) {
        String changes = "SELECT string_agg(operation, ',' ORDER BY id) FROM datastore_changelog WHERE table_name = ?";
        datastore.createCollection(name).block(SOON);
        datastore.createCollection(name).block(SOON);
        DocumentCollection<Rack> racks = datastore.collection(name, CODEC);
        assertThat(racks.name()).isEqualTo(name);

        Rack rack = new Rack("r1", 7, List.of("n1", "n2"));
        UUID id = racks.insert(rack).block(SOON);
        racks.insertMany(List.of(new Rack("r2", 1, List.of()))).block(SOON);
        racks.updateById(id, Update.set("slots", 8)).block(SOON);

        assertThat(racks.findById(id).block(SOON).document()).isEqualTo(new Rack("r1", 8, List.of("n1", "n2")));
        assertThat(racks.find(Filter.gt("slots", 5))
                        .map(found -> found.document().name())
                        .collectList()
                        .block(SOON))
                .containsExactly("r1");
        assertThat(racks.count(Filter.all()).block(SOON)).isEqualTo(2);
        assertThat(DATABASE.queryForString(changes, name)).isEqualTo("INSERT,INSERT,UPDATE");
        assertThat(DATABASE.queryForString("SELECT count(*) FROM pg_tables WHERE tablename = ?", "health_events"))
                .isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nul\0",
                "pg_class",
                "a234567890123456789012345678901234567890123456789012345678901234",
                "日本語日本語日本語日本語日本語日本語日本語日"
            })
    void isRefusedUnderANameThatCannotBe(String name) {
        assertThatThrownBy(() -> datastore.createCollection(name)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> datastore.collection(name, CODEC)).isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"datastore_changelog", "resume_tokens", "nvsentinel_schema_history", "health_events_pkey"})
    void neverTouchesWhatIsNoCollection(String name) {
        assertThatThrownBy(() -> datastore.createCollection(name).block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("exists and is no collection");
    }

    @ParameterizedTest
    @ValueSource(strings = {"datastore_changelog", "health_events_pkey", "nothing at all"})
    void whatIsNoCollectionGetsNoTextIndex(String name) {
        assertThatThrownBy(() -> datastore.createTextIndex(name).block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("is no collection");
    }

    @Test
    void oneTextIndexIsCreatedByManyAtOnceAndSearchesAsBefore() {
        String name = "searched; \"quoted\"";
        datastore.createCollection(name).block(SOON);
        DocumentCollection<Rack> racks = datastore.collection(name, CODEC);
        racks.insertMany(List.of(new Rack("left wing", 1, List.of()), new Rack("right wing", 2, List.of())))
                .block(SOON);
        assertThat(racks.count(Filter.text("left wing")).block(SOON)).isEqualTo(1);

        Flux.range(0, 8).flatMap(i -> datastore.createTextIndex(name)).blockLast(SOON);

        racks.insert(new Rack("left door", 3, List.of())).block(SOON);
        assertThat(racks.count(Filter.text("left")).block(SOON)).isEqualTo(2);
        assertThat(DATABASE.queryForString(
                        "SELECT count(*) FROM pg_indexes WHERE tablename = ? AND indexdef LIKE '%nvsentinel_words%'",
                        name))
                .isEqualTo("1");
        assertThatThrownBy(() -> datastore.createTextIndex("pg_class")).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void isCreatedOnceByManyAtOnce() {
        Flux.range(0, 8).flatMap(i -> datastore.createCollection("many")).blockLast(SOON);
        datastore.collection("many", CODEC).insert(new Rack("r", 1, List.of())).block(SOON);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_changelog WHERE table_name = 'many'"))
                .isEqualTo("1");
    }

    @Test
    void saysThatItIsMissing() {
        assertThatThrownBy(() -> datastore
                        .collection("missing", CODEC)
                        .count(Filter.all())
                        .block(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void takesPartInATransaction() {
        datastore.createCollection("transactional").block(SOON);
        assertThatThrownBy(() -> datastore
                        .inTransaction(
                                TransactionOptions.defaults(),
                                session -> session.collection("transactional", CODEC)
                                        .insert(new Rack("r", 1, List.of()))
                                        .flatMap(id -> Mono.error(new IllegalStateException("no"))))
                        .block(SOON))
                .hasMessage("no");
        assertThat(datastore
                        .collection("transactional", CODEC)
                        .count(Filter.all())
                        .block(SOON))
                .isZero();
    }
}
