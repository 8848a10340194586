// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An upsert finds again what it has inserted, or inserts nothing. */
@Tag("essential")
class UpsertTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private Datastore datastore;
    private DocumentCollection<Map<String, Object>> things;

    @BeforeEach
    void open() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        datastore.createCollection("things").block(SOON);
        things = datastore.collection("things", DocumentCodec.ofTrees());
        DATABASE.execute("TRUNCATE things");
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void refusesAFilterThatCannotHoldInWhatItInserts() {
        for (Filter filter : List.of(
                Filter.and(Filter.eq("k", 1), Filter.eq("k.z", 2)),
                Filter.and(Filter.eq("k", 1), Filter.eq("k", 2)),
                Filter.and(Filter.eq("k", 1), Filter.gt("times", 5)),
                Filter.and(Filter.eq("k", 1), Filter.not(Filter.eq("k", 1))),
                Filter.in("k", List.of()),
                Filter.in("k", List.of(1, 2)),
                Filter.eq("times", 7),
                Filter.and(
                        Filter.eq("k", 1), Filter.gt("created_at", Instant.now().plusSeconds(3600))),
                Filter.jsonPath("$.k ? (@ == 3)"))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .as(filter.toString())
                    .isThrownBy(
                            () -> things.upsert(filter, Update.inc("times", 1)).block(SOON))
                    .withMessageContaining("the document to be inserted does not match the filter");
        }
        assertThat(things.count(Query.all()).block(SOON)).isZero();
    }

    @Test
    void insertsOnceWhereTheFilterHolds() {
        for (Filter filter : List.of(
                Filter.eq("a", 1),
                Filter.and(Filter.eq("b", 1), Filter.eq("absent", null)),
                Filter.and(
                        Filter.eq("c", 1), Filter.lt("created_at", Instant.now().plusSeconds(3600))),
                Filter.and(Filter.eq("d.e", "x"), Filter.ne("times", 0)))) {
            assertThat(things.upsert(filter, Update.inc("times", 1)).block(SOON).inserted())
                    .as(filter.toString())
                    .isTrue();
            assertThat(things.upsert(filter, Update.inc("times", 1)).block(SOON).inserted())
                    .as(filter.toString())
                    .isFalse();
        }
        assertThat(things.count(Query.all()).block(SOON)).isEqualTo(4);
    }

    /** An existing match is changed, regardless of the fields that the filter would set in a new document. */
    @Test
    void changesWhatMatchesEvenIfTheFilterWouldNotHoldInANewDocument() {
        UUID id = things.insert(Map.of("k", 1, "times", 9)).block(SOON);
        Filter filter = Filter.and(Filter.eq("k", 1), Filter.gt("times", 5));
        assertThat(things.upsert(filter, Update.inc("times", 1)).block(SOON))
                .isEqualTo(new UpsertResult(id, false, true));
    }

    /** There can be one such record only, so the second call fails instead of inserting another. */
    @Test
    void aFilterThatNamesTheIdNeedNotHold() {
        UUID id = UUID.randomUUID();
        Filter filter = Filter.and(Filter.eq("id", id), Filter.eq("revision", 1));
        Update update = Update.inc("revision", 1);
        assertThat(things.upsert(filter, update).block(SOON)).isEqualTo(new UpsertResult(id, true, false));
        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> things.upsert(filter, update).block(SOON));
    }

    /** By node, time and check, as the services identify an event; the second finds what the first has stored. */
    @Test
    void upsertsByTheFieldsThatIdentifyAnEvent() {
        DATABASE.execute("TRUNCATE health_events");
        Instant time = Instant.parse("2026-11-01T00:00:00.000001Z");
        Filter event = Filter.and(
                Filter.eq("healthevent.nodename", "n"),
                Filter.eq("healthevent.generatedtimestamp", time),
                Filter.eq("healthevent.checkname", "c"));
        Update update = Update.of(
                Update.setOnInsert("createdAt", time),
                Update.setOnInsert("first", true),
                Update.set("healthevent.message", "m"));
        UpsertResult first = datastore.healthEvents().upsert(event, update).block(SOON);
        assertThat(first.inserted()).isTrue();
        assertThat(datastore.healthEvents().upsert(event, update).block(SOON))
                .isEqualTo(new UpsertResult(first.id(), false, false));
        Update later = Update.of(Update.setOnInsert("first", false), Update.set("healthevent.message", "other"));
        assertThat(datastore.healthEvents().upsert(event, later).block(SOON))
                .isEqualTo(new UpsertResult(first.id(), false, true));
        assertThat(DATABASE.queryForString(
                        "SELECT concat_ws(' ', count(*), bool_and(data @> '{\"first\": true}'), bool_and("
                                + "created_at = '2026-11-01T00:00:00.000001Z'), max(data #>> '{healthevent,generatedTimestamp}'))"
                                + " FROM health_events"))
                .isEqualTo("1 t t {\"nanos\": 1000, \"seconds\": 1793491200}");
    }

    /** The equality with an element does not put it in the place of the array. */
    @Test
    void anElementThatTheFilterDemandsIsAddedByTheUpdate() {
        DATABASE.execute("TRUNCATE health_events");
        Filter filter = Filter.eq("healthevent.errorcode", "31");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> datastore
                        .healthEvents()
                        .upsert(filter, Update.set("healthevent.agent", "a"))
                        .block(SOON));
        Update update = Update.addToSet("healthevent.errorCode", "31");
        UpsertResult first = datastore.healthEvents().upsert(filter, update).block(SOON);
        assertThat(first.inserted()).isTrue();
        assertThat(datastore.healthEvents().upsert(filter, update).block(SOON))
                .isEqualTo(new UpsertResult(first.id(), false, false));
        assertThat(datastore
                        .healthEvents()
                        .findById(first.id())
                        .block(SOON)
                        .document()
                        .event()
                        .errorCode())
                .containsExactly("31");
    }
}
