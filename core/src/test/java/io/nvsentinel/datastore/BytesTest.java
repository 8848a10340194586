// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that the application passes unchanged, in its own collections and in the events' collections. */
class BytesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(DATABASE.get());
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    private DocumentCollection<byte[]> collection(String name) {
        return datastore.collection(name, DocumentCodec.ofBytes());
    }

    @Test
    void areGivenAsTheyWereTaken() {
        datastore.createCollection("bytes").block(SOON);
        DocumentCollection<byte[]> bytes = collection("bytes");
        String json = "{\"a\": [1.50, null, \"\u00e4 \\\"\"], \"b\": {}}";
        UUID id = bytes.insert(json.getBytes(UTF_8)).block(SOON);
        byte[] first = bytes.findById(id).block(SOON).document();
        assertThat(new String(first, UTF_8)).isEqualTo(json);
        // The emitted array belongs to the caller, which may modify it.
        first[0] = 0;
        assertThat(bytes.findById(id).block(SOON).document()).isEqualTo(json.getBytes(UTF_8));
        bytes.replaceById(id, "{}".getBytes(UTF_8)).block(SOON);
        assertThat(bytes.find(Filter.all())
                        .map(found -> new String(found.document(), UTF_8))
                        .collectList()
                        .block(SOON))
                .containsExactly("{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{\"a\": nope}", "{\"a\": 1}}", "{\"a\": \"\\x\"}"})
    void areRefusedIfTheyAreNoDocument(String wrong) {
        for (String name : List.of("health_events", "maintenance_events")) {
            InvalidRequestException error = catchThrowableOfType(
                    InvalidRequestException.class,
                    () -> collection(name).insert(wrong.getBytes(UTF_8)).block(SOON));
            assertThat(error).isNotNull();
            assertThat(error.isRetryable()).isFalse();
            assertThat(error.getMessage()).doesNotContain("nope");
            assertThat(collection(name).count(Filter.all()).block(SOON)).isZero();
        }
    }

    /** In each spelling that the table's own store knows, written and read. */
    @Test
    void ofHealthEventsAreFoundByTheStoresNames() {
        DocumentCollection<byte[]> events = collection("health_events");
        String json = "{\"createdAt\": \"2026-10-17T00:00:00Z\", \"healthevent\": {\"nodeName\": \"n1\"}}";
        UUID id = events.insert(json.getBytes(UTF_8)).block(SOON);
        UUID old = events.insert("{\"healthevent\": {\"nodename\": \"n1\"}}".getBytes(UTF_8))
                .block(SOON);
        events.insert("{\"healthevent\": {\"nodeName\": \"n2\"}}".getBytes(UTF_8))
                .block(SOON);
        for (String path : List.of("healthevent.nodeName", "healthevent.nodename", "node_name")) {
            Query query = Query.where(Filter.eq(path, "n1"));
            assertThat(events.findIds(query).collectList().block(SOON))
                    .as(path)
                    .containsExactlyInAnyOrder(id, old)
                    .isEqualTo(datastore
                            .healthEvents()
                            .findIds(query)
                            .collectList()
                            .block(SOON));
        }
        assertThat(events.findById(id).block(SOON).createdAt()).isEqualTo("2026-10-17T00:00:00Z");
        events.updateById(id, Update.set("node_name", "n3")).block(SOON);
        assertThat(datastore
                        .healthEvents()
                        .findById(id)
                        .block(SOON)
                        .document()
                        .event()
                        .nodeName())
                .isEqualTo("n3");
        assertThat(DATABASE.queryForString("SELECT node_name FROM health_events WHERE id = ?", id))
                .isEqualTo("n3");
    }

    @Test
    void ofMaintenanceEventsAreFoundByTheStoresNames() {
        DocumentCollection<byte[]> events = collection("maintenance_events");
        UUID id = events.insert("{\"eventId\": \"e1\", \"nodeName\": \"n1\", \"status\": \"DETECTED\"}".getBytes(UTF_8))
                .block(SOON);
        events.insert("{\"eventId\": \"e2\", \"nodeName\": \"n2\", \"status\": \"DETECTED\"}".getBytes(UTF_8))
                .block(SOON);
        for (String path : List.of("nodeName", "node_name")) {
            Query query = Query.where(Filter.eq(path, "n1"));
            assertThat(events.findIds(query).collectList().block(SOON))
                    .as(path)
                    .containsExactly(id)
                    .isEqualTo(datastore
                            .maintenanceEvents()
                            .findIds(query)
                            .collectList()
                            .block(SOON));
        }
        assertThat(datastore
                        .maintenanceEvents()
                        .findByEventId("e1")
                        .block(SOON)
                        .document()
                        .nodeName())
                .isEqualTo("n1");
    }
}
