// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Changes of one record, of many records, and of records that are changed concurrently. */
class ChangesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Query BY_NUMBER =
            Query.where(Filter.eq("state", "open")).sort(Sort.ascending("number"));
    private static final Update CLOSE = Update.of(Update.set("state", "closed"), Update.inc("times", 1));

    private Datastore datastore;
    private HealthEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(8));
        store = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void updatesExactlyTheFirst() {
        fill(3);
        assertThat(store.updateOne(BY_NUMBER, CLOSE).block(SOON)).isEqualTo(new UpdateResult(1, 1));
        assertThat(closed()).isEqualTo("1");
        assertThat(store.updateOne(BY_NUMBER.sort(Sort.descending("number")), CLOSE)
                        .block(SOON))
                .isEqualTo(new UpdateResult(1, 1));
        assertThat(closed()).isEqualTo("1,3");
        assertThat(store.updateOne(BY_NUMBER.skip(1), CLOSE).block(SOON)).isEqualTo(new UpdateResult(0, 0));
        assertThat(store.updateOne(Query.where(Filter.eq("state", "none")), CLOSE)
                        .block(SOON))
                .isEqualTo(new UpdateResult(0, 0));
    }

    /** Each of the concurrent callers gets a separate record. */
    @Test
    void callersAtOnceUpdateDifferentRecords() {
        fill(30);
        List<Object> numbers = Flux.range(0, 40)
                .flatMap(i -> store.findAndUpdate(BY_NUMBER, CLOSE, ReturnDocument.AFTER), 8)
                .map(found -> found.document().extra().get("number"))
                .collectList()
                .block(SOON);
        assertThat(numbers).hasSize(30).doesNotHaveDuplicates();
        assertThat(DATABASE.queryForString("SELECT string_agg(DISTINCT data ->> 'times', ',') FROM health_events"))
                .isEqualTo("1");
    }

    @Test
    void givesBackTheStateBeforeOrAfter() {
        fill(2);
        StoredDocument<HealthEventDocument> before =
                store.findAndUpdate(BY_NUMBER, CLOSE, ReturnDocument.BEFORE).block(SOON);
        assertThat(before.document().extra()).containsEntry("state", "open");
        assertThat(before.version()).isEqualTo(1);
        StoredDocument<HealthEventDocument> now = store.findById(before.id()).block(SOON);
        assertThat(now.document().extra()).containsEntry("state", "closed");
        assertThat(now.version()).isEqualTo(2);

        StoredDocument<HealthEventDocument> after =
                store.findAndUpdate(BY_NUMBER, CLOSE, ReturnDocument.AFTER).block(SOON);
        assertThat(after).isEqualTo(store.findById(after.id()).block(SOON));
        assertThat(after.document().extra()).containsEntry("state", "closed");
        assertThat(store.findAndUpdate(BY_NUMBER, CLOSE, ReturnDocument.AFTER).block(SOON))
                .isNull();
    }

    @Test
    void upsertsByTheEqualitiesOfTheFilter() {
        Filter filter = Filter.and(
                Filter.eq("healthevent.nodename", "n"),
                Filter.eq("kind", "x'\"\\$1"),
                Filter.or(Filter.eq("never", 1), Filter.exists("never", false)),
                Filter.lt("times", 10));
        Update update = Update.of(Update.inc("times", 1), Update.set("healthevent.agent", "a"));
        UpsertResult first = store.upsert(filter, update).block(SOON);
        assertThat(first.inserted()).isTrue();
        assertThat(DATABASE.queryForString("SELECT data FROM health_events"))
                .isEqualTo("{\"kind\": \"x'\\\"\\\\$1\", \"times\": 1, \"healthevent\": {\"agent\": "
                        + "\"a\", \"nodeName\": \"n\"}}");

        assertThat(store.upsert(filter, update).block(SOON)).isEqualTo(new UpsertResult(first.id(), false, true));
        assertThat(DATABASE.queryForString("SELECT data ->> 'times' FROM health_events"))
                .isEqualTo("2");

        UUID id = UUID.randomUUID();
        assertThat(store.upsert(Filter.eq("id", id), update).block(SOON)).isEqualTo(new UpsertResult(id, true, false));
        assertThat(store.upsert(Filter.eq("_id", id.toString()), update).block(SOON))
                .isEqualTo(new UpsertResult(id, false, true));
        assertThatThrownBy(() -> store.upsert(Filter.eq("created_at", Instant.EPOCH), update)
                        .block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("created_at");
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(2);
    }

    @Test
    void theTimeOfTheChangeIsSetDirectly_U4() {
        Instant time = Instant.parse("2020-01-02T03:04:05.123456Z");
        fill(1);
        UUID id = store.findOne(Query.all()).block(SOON).id();
        String document = DATABASE.queryForString("SELECT data FROM health_events");
        for (Object value : List.of(time, time.toString())) {
            store.updateById(id, Update.set("updated_at", value)).block(SOON);
            assertThat(store.findById(id).block(SOON).updatedAt()).isEqualTo(time);
            assertThat(DATABASE.queryForString("SELECT data FROM health_events"))
                    .isEqualTo(document);
            store.updateById(id, CLOSE).block(SOON);
            assertThat(store.findById(id).block(SOON).updatedAt()).isAfter(time);
            DATABASE.execute("UPDATE health_events SET data = '" + document + "'");
        }
        store.updateMany(Filter.all(), Update.of(Update.set("state", "old"), Update.set("updatedAt", time)))
                .block(SOON);
        assertThat(store.find(Filter.eq("updated_at", time))
                        .blockLast(SOON)
                        .document()
                        .extra())
                .containsEntry("state", "old");
        store.updateById(id, Update.of(Update.set("updatedAt", time), Update.currentDate("updated_at")))
                .block(SOON);
        assertThat(store.findById(id).block(SOON).updatedAt()).isAfter(time);

        UUID other = store.upsert(Filter.eq("kind", "new"), Update.set("updated_at", time))
                .block(SOON)
                .id();
        assertThat(store.findById(other).block(SOON).updatedAt()).isEqualTo(time);
    }

    @Test
    void anUpsertThatLosesToAUniqueIndexSaysSo() {
        DATABASE.execute("CREATE UNIQUE INDEX test_unique ON health_events ((data ->> 'key'))");
        try {
            List<Throwable> errors = Flux.range(0, 60)
                    .flatMap(
                            i -> store.upsert(Filter.eq("key", "k" + i / 20), Update.inc("times", 1))
                                    .then(Mono.<Throwable>empty())
                                    .onErrorResume(Mono::just),
                            8)
                    .collectList()
                    .block(SOON);
            assertThat(errors).allSatisfy(error -> assertThat(error).isInstanceOf(ConflictException.class));
            assertThat(DATABASE.queryForString(
                            "SELECT count(*) || ' ' || sum((data ->> 'times')::int) FROM health_events"))
                    .isEqualTo("3 " + (60 - errors.size()));
        } finally {
            DATABASE.execute("DROP INDEX test_unique");
        }
    }

    /** Neither a version, nor a time of change, nor an event, regardless of the operation that writes the same values again. */
    @Test
    void writesNothingIfNothingChanges() {
        UUID id = store.insert(event("n")).block(SOON);
        store.updateById(id, CLOSE).block(SOON);
        StoredDocument<HealthEventDocument> stored = store.findById(id).block(SOON);
        String before = state();
        Update same = Update.of(
                Update.set("state", "closed"), Update.set("healthevent.nodename", "n"), Update.unset("missing"));
        Query query = Query.where(Filter.eq("state", "closed"));
        store.updateById(id, same).block(SOON);
        store.updateById(id, stored.version(), same).block(SOON);
        assertThat(store.updateOne(query, same).block(SOON)).isEqualTo(new UpdateResult(1, 0));
        assertThat(store.updateMany(Filter.all(), same).block(SOON)).isEqualTo(new UpdateResult(1, 0));
        for (ReturnDocument returned : ReturnDocument.values()) {
            assertThat(store.findAndUpdate(query, same, returned).block(SOON)).isEqualTo(stored);
        }
        assertThat(store.upsert(Filter.eq("state", "closed"), same).block(SOON))
                .isEqualTo(new UpsertResult(id, false, false));
        store.replaceById(id, stored.document()).block(SOON);
        store.replaceById(id, stored.version(), stored.document()).block(SOON);
        store.updateById(id, Update.set("updated_at", stored.updatedAt())).block(SOON);
        assertThat(state()).isEqualTo(before);

        store.updateById(id, Update.currentDate("updated_at")).block(SOON);
        assertThat(store.findById(id).block(SOON).version()).isEqualTo(stored.version() + 1);
        assertThatThrownBy(() -> store.updateById(UUID.randomUUID(), same).block(SOON))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> store.updateById(id, stored.version(), same).block(SOON))
                .isInstanceOf(ConflictException.class);
    }

    private static String state() {
        return DATABASE.queryForString("SELECT concat_ws(' ', max(version), max(updated_at), max(xmin::text),"
                + " (SELECT count(*) FROM datastore_changelog)) FROM health_events");
    }

    /**
     * Whether something changes is decided on the newest version of the record, not on the one that the statement's
     * snapshot shows: there the number is what the increment would make of it.
     */
    @Test
    void anIncrementIsNotLostIfTheSnapshotShowsItsResult() throws Exception {
        fill(1);
        UUID id = store.findIds(Query.all()).blockFirst(SOON);
        try (Connection other = DATABASE.connect()) {
            other.setAutoCommit(false);
            other.createStatement().execute("UPDATE health_events SET data = data || '{\"number\": 0}'");
            CompletableFuture<Void> increment =
                    store.updateById(id, Update.inc("number", 1)).toFuture();
            Await.until(
                    "the increment waits for the row",
                    SOON,
                    () -> "1"
                            .equals(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND wait_event_type = 'Lock'")));
            other.commit();
            increment.get(20, TimeUnit.SECONDS);
        }
        assertThat(numbers()).isEqualTo("1");
        assertThat(store.findById(id).block(SOON).version()).isEqualTo(3);
    }

    @Test
    void replacesAWholeDocument() {
        UUID id = store.insert(event("old")).block(SOON);
        store.replaceById(id, event("new")).block(SOON);
        StoredDocument<HealthEventDocument> stored = store.findById(id).block(SOON);
        assertThat(stored.document()).isEqualTo(event("new"));
        assertThat(stored.version()).isEqualTo(2);
        assertThat(DATABASE.queryForString("SELECT node_name FROM health_events"))
                .isEqualTo("new");
        assertThatThrownBy(
                        () -> store.replaceById(UUID.randomUUID(), event("x")).block(SOON))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void aVersionThatWasReadGuardsAWrite() {
        UUID id = store.insert(event("n")).block(SOON);
        long version = store.findById(id).block(SOON).version();
        store.updateById(id, version, Update.set("x", 1)).block(SOON);
        List<Mono<Void>> stale = List.of(
                store.updateById(id, version, Update.set("x", 2)),
                store.replaceById(id, version, event("y")),
                store.deleteById(id, version));
        stale.forEach(write -> assertThatThrownBy(() -> write.block(SOON))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining(id.toString())
                .hasMessageContaining("version 1")
                .satisfies(error ->
                        assertThat(((DatastoreException) error).isRetryable()).isFalse()));
        assertThat(DATABASE.queryForString("SELECT concat_ws(' ', data ->> 'x', version) FROM health_events"))
                .isEqualTo("1 2");
        store.replaceById(id, 2, event("y")).block(SOON);
        store.deleteById(id, 3).block(SOON);
        stale.forEach(write -> assertThatThrownBy(() -> write.block(SOON)).isInstanceOf(NotFoundException.class));
    }

    /** Each caller reads, adds one and writes; a lost update would show in the sum. */
    @Test
    void versionsLoseNoUpdate() {
        UUID id = store.insert(event("n")).block(SOON);
        Flux.range(0, 24)
                .flatMap(
                        i -> Mono.defer(() -> store.findById(id))
                                .flatMap(read ->
                                        store.updateById(id, read.version(), Update.set("count", count(read) + 1)))
                                .retry(10_000),
                        6)
                .blockLast(SOON);
        assertThat(DATABASE.queryForString("SELECT data ->> 'count' FROM health_events"))
                .isEqualTo("24");
    }

    private static int count(StoredDocument<HealthEventDocument> read) {
        return read.document().extra().get("count") instanceof Number number ? number.intValue() : 0;
    }

    @Test
    void deletesOneOrMany() {
        fill(5);
        UUID first = store.findIds(BY_NUMBER).blockFirst(SOON);
        assertThat(store.deleteById(first).block(SOON)).isTrue();
        assertThat(store.deleteById(first).block(SOON)).isFalse();
        assertThat(store.deleteOne(BY_NUMBER.sort(Sort.descending("number"))).block(SOON))
                .isTrue();
        assertThat(numbers()).isEqualTo("2,3,4");
        assertThat(store.deleteMany(Filter.gt("number", 2)).block(SOON)).isEqualTo(2);
        assertThat(store.deleteMany(Filter.gt("number", 2)).block(SOON)).isZero();
        assertThat(numbers()).isEqualTo("2");
        assertThat(store.deleteOne(Query.where(Filter.eq("state", "x"))).block(SOON))
                .isFalse();
    }

    @Test
    void expiredDocumentsAreDeletedInSteps() {
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('number', n, 'createdAt',"
                + " to_char(now() AT TIME ZONE 'UTC' - n * interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))"
                + " FROM generate_series(26, 36) AS n");
        String last = DATABASE.queryForString("SELECT max(id) FROM datastore_changelog");
        assertThat(store.expire(ExpiryOptions.builder().batchSize(2).build()).block(SOON))
                .isEqualTo(7);
        assertThat(numbers()).isEqualTo("26,27,28,29");
        assertThat(DATABASE.queryForString(
                        "SELECT count(DISTINCT xid) || ' ' || count(*) FROM datastore_changelog WHERE id > " + last))
                .isEqualTo("4 7");
        ExpiryOptions often = ExpiryOptions.builder()
                .maxAge(Duration.ofDays(28))
                .interval(Duration.ofSeconds(1))
                .build();
        assertThat(store.expirePeriodically(often).take(2).collectList().block(SOON))
                .containsExactly(2L, 0L);
        assertThat(numbers()).isEqualTo("26,27");
        assertThatThrownBy(() -> ExpiryOptions.builder()
                        .maxAge(Duration.ZERO)
                        .batchSize(0)
                        .interval(Duration.ofDays(20_000))
                        .build())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("maxAge")
                .hasMessageContaining("batchSize")
                .hasMessageContaining("interval");
    }

    @Test
    void callersAtOnceDeleteDifferentRecords() {
        fill(20);
        assertThat(Flux.range(0, 30)
                        .flatMap(i -> store.deleteOne(BY_NUMBER), 8)
                        .filter(deleted -> deleted)
                        .count()
                        .block(SOON))
                .isEqualTo(20);
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private static void fill(int count) {
        IntStream.rangeClosed(1, count)
                .forEach(i -> DATABASE.execute(
                        "INSERT INTO health_events (data) VALUES ('{\"number\": " + i + ", \"state\": \"open\"}')"));
    }

    private static String closed() {
        return DATABASE.queryForString("SELECT string_agg(data ->> 'number', ',' ORDER BY data -> 'number')"
                + " FROM health_events WHERE data ->> 'state' = 'closed'");
    }

    private static String numbers() {
        return DATABASE.queryForString(
                "SELECT string_agg(data ->> 'number', ',' ORDER BY data -> 'number') FROM health_events");
    }
}
