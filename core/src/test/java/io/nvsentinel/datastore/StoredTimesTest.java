// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/**
 * Every time that PostgreSQL can store is read exactly, and paging continues after it. {@code -Dtimes.seed=…} repeats a
 * run.
 */
@Tag("essential")
class StoredTimesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Instant FIRST = Instant.parse("-4713-11-24T00:00:00Z");
    private static final Instant LAST = Instant.parse("+294276-12-31T23:59:59.999999Z");
    private static final Instant GO_ZERO = Instant.parse("0001-01-01T00:00:00Z");

    private Datastore datastore;
    private DocumentCollection<Map<String, Object>> things;

    @BeforeEach
    void open() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        datastore.createCollection("things").block(SOON);
        things = datastore.collection(
                "things", DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> new HashMap<>(tree)));
        DATABASE.execute("TRUNCATE things, health_events, maintenance_events");
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void everyTimeIsReadAndPagedByInBothDirections() {
        long seed = Long.getLong("times.seed", System.nanoTime());
        Map<UUID, Instant> stored = insert(times(new Random(seed)));
        Comparator<UUID> byTime =
                Comparator.comparing((UUID id) -> stored.get(id)).thenComparing(UUID::toString);
        List<UUID> ascending = stored.keySet().stream().sorted(byTime).toList();
        List<UUID> descending =
                stored.keySet().stream().sorted(byTime.reversed()).toList();

        for (String column : List.of("created_at", "updated_at")) {
            for (int page : List.of(1, 7)) {
                String what = column + ", pages of " + page + ", seed " + seed;
                assertPaged(Query.all().sort(Sort.ascending(column)).pageSize(page), ascending, stored, what);
                assertPaged(Query.all().sort(Sort.descending(column)).pageSize(page), descending, stored, what);
            }
        }
    }

    private void assertPaged(Query query, List<UUID> order, Map<UUID, Instant> stored, String what) {
        List<StoredDocument<Map<String, Object>>> found =
                things.find(query).take(order.size() + 1L).collectList().block(SOON);
        assertThat(found).as(what).extracting(StoredDocument::id).isEqualTo(order);
        assertThat(found).as(what).allSatisfy(each -> {
            assertThat(each.createdAt()).isEqualTo(stored.get(each.id()));
            assertThat(each.updatedAt()).isEqualTo(stored.get(each.id()));
        });
        assertThat(things.findIds(query).take(order.size() + 1L).collectList().block(SOON))
                .as(what)
                .isEqualTo(order);
    }

    @Test
    void filtersFindEveryTimeByItself() {
        long seed = Long.getLong("times.seed", System.nanoTime());
        Map<UUID, Instant> stored = insert(times(new Random(seed)));
        stored.forEach((id, time) -> {
            assertThat(things.findIds(Query.where(Filter.eq("created_at", time)))
                            .collectList()
                            .block(SOON))
                    .as("%s, seed %s", time, seed)
                    .contains(id);
            assertThat(things.count(Query.where(Filter.in("updated_at", List.of(time))))
                            .block(SOON))
                    .isPositive();
            assertThat(things.count(Query.where(Filter.lt("created_at", time))).block(SOON))
                    .as("%s, seed %s", time, seed)
                    .isEqualTo(stored.values().stream().filter(time::isAfter).count());
        });
    }

    @Test
    void updatesReturnEveryTimeBeforeAndAfter() {
        Map<UUID, Instant> stored = insert(List.of(FIRST, GO_ZERO, Instant.MIN, Instant.MAX));
        stored.forEach((id, time) -> {
            for (ReturnDocument returned : ReturnDocument.values()) {
                StoredDocument<Map<String, Object>> document = things.findAndUpdate(
                                Query.where(Filter.eq("id", id)), Update.set("a", 1), returned)
                        .block(SOON);
                assertThat(document.createdAt()).as(returned.name()).isEqualTo(time);
            }
            assertThat(things.findById(id).block(SOON).createdAt()).isEqualTo(time);
        });
    }

    /** Such a connection has another driver's settings: times came as text there. */
    @Test
    void everyTimeIsReadOnAConnectionOfTheApplication() {
        Map<UUID, Instant> stored = insert(times(new Random(1)));
        Mono.usingWhen(
                        Databases.driver(DATABASE.get(), DATABASE.get().port()).create(),
                        connection -> datastore
                                .using(connection)
                                .collection(
                                        "things",
                                        DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> tree))
                                .find(Query.all().pageSize(3))
                                .doOnNext(each -> assertThat(each.createdAt()).isEqualTo(stored.get(each.id())))
                                .count()
                                .doOnNext(count -> assertThat(count).isEqualTo(stored.size())),
                        PostgresqlConnection::close)
                .block(SOON);
    }

    @Test
    void aTimeThatTheServerCannotHoldIsRefused() {
        for (Instant time : List.of(FIRST.minusNanos(1), LAST.plusNanos(1000), Instant.MAX.minusSeconds(1))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> Filter.lt("created_at", time))
                    .withMessageContaining("-4713-11-24T00:00:00Z to +294276-12-31T23:59:59.999999Z");
        }
    }

    /** Four such documents, and the next page began with them again. */
    @Test
    void pagesEndWhereAllWereCreatedAtGosZeroTime() {
        insert(List.of(GO_ZERO, GO_ZERO, GO_ZERO, GO_ZERO));
        assertThat(things.find(Query.all().pageSize(1)).take(9).collectList().block(SOON))
                .hasSize(4)
                .allSatisfy(each -> assertThat(each.createdAt()).isEqualTo(GO_ZERO));
    }

    /** A time that Go never set is unset in the record, for filters and in the mirrored column. */
    @Test
    void gosZeroTimeIsUnsetInRecordFilterAndColumn() {
        for (String zero : List.of(
                "\"0001-01-01T00:00:00Z\"",
                "\"0001-01-01T00:00:00.000Z\"",
                "\"0001-01-01T05:30:00+05:30\"",
                "{\"seconds\": -62135596800}",
                "{\"seconds\": -62135596800, \"nanos\": 0}",
                "{\"$date\": \"0001-01-01T00:00:00Z\"}",
                "{\"$date\": {\"$numberLong\": \"-62135596800000\"}}")) {
            DATABASE.execute("TRUNCATE maintenance_events");
            DATABASE.execute("INSERT INTO maintenance_events (data) VALUES ('{\"eventId\": \"e\", \"actualEndTime\": "
                    + zero + ", \"status\": \"" + InternalStatus.QUARANTINE_TRIGGERED.value() + "\"}')");
            MaintenanceEventStore store = datastore.maintenanceEvents();
            MaintenanceEvent event = store.findByEventId("e").block(SOON).document();

            assertThat(event.actualEndTime()).as("record, %s", zero).isNull();
            assertThat(DATABASE.queryForString("SELECT actual_end_time::text FROM maintenance_events"))
                    .as("column, %s", zero)
                    .isNull();
            assertCount(zero, 1, Filter.eq("actualEndTime", null));
            assertCount(zero, 1, Filter.eq("actualEndTime", GO_ZERO));
            assertCount(zero, 1, Filter.in("actualEndTime", List.of(GO_ZERO)));
            assertCount(zero, 0, Filter.ne("actualEndTime", null));
            assertCount(zero, 0, Filter.lt("actualEndTime", Instant.now()));
            assertCount(zero, 0, Filter.gte("actualEndTime", GO_ZERO));
        }
    }

    private void assertCount(String what, long expected, Filter filter) {
        assertThat(datastore.maintenanceEvents().count(Query.where(filter)).block(SOON))
                .as("%s, %s", filter, what)
                .isEqualTo(expected);
    }

    @Test
    void aDocumentCreatedAtGosZeroTimeIsCreatedWhenItIsStored() {
        DATABASE.execute("INSERT INTO health_events (data) VALUES ('{\"createdAt\": \"0001-01-01T00:00:00Z\"}')");
        assertThat(datastore.healthEvents().findOne(Query.all()).block(SOON).createdAt())
                .isAfter(Instant.now().minus(1, ChronoUnit.HOURS));
    }

    @Test
    void anUpdateDoesNotStoreGosZeroTime() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Update.set("actualEndTime", GO_ZERO))
                .withMessageContaining("actualEndTime: a time must be after 0001-01-01T00:00:00Z");
    }

    /** The oracle is arithmetic on the server: microseconds since 2000, and nothing that reads or writes a date. */
    private static Map<UUID, Instant> insert(List<Instant> times) {
        Map<UUID, Instant> stored = new HashMap<>();
        for (Instant time : times) {
            UUID id = UUID.fromString(DATABASE.queryForString(
                    "INSERT INTO things (data, created_at, updated_at) SELECT '{}', t, t FROM (SELECT " + sql(time)
                            + " AS t) AS times RETURNING id::text"));
            stored.put(id, time);
        }
        return stored;
    }

    private static String sql(Instant time) {
        if (time.equals(Instant.MIN) || time.equals(Instant.MAX)) {
            return time.equals(Instant.MAX) ? "timestamptz 'infinity'" : "timestamptz '-infinity'";
        }
        long seconds = time.getEpochSecond();
        // Half a day twice: more hours than that are no interval.
        String halves = Math.floorDiv(seconds, 86_400L) + " * interval '12 hours'";
        return "timestamptz '1970-01-01 00:00:00+00' + " + halves + " + " + halves + " + "
                + Math.floorMod(seconds, 86_400L) + " * interval '1 second' + " + time.getNano() / 1000
                + " * interval '1 microsecond'";
    }

    private static List<Instant> times(Random random) {
        List<Instant> times = new ArrayList<>(List.of(
                Instant.MIN,
                FIRST,
                Instant.parse("-0043-03-15T12:00:00.000001Z"),
                Instant.parse("0000-12-31T23:59:59.999999Z"),
                GO_ZERO,
                Instant.parse("0004-02-29T00:00:00Z"),
                Instant.parse("1500-03-01T00:00:00Z"),
                Instant.parse("1582-10-04T23:59:59.999999Z"),
                Instant.parse("1582-10-10T00:00:00Z"),
                Instant.parse("1582-10-15T00:00:00Z"),
                Instant.EPOCH,
                Instant.parse("1999-12-31T23:59:59.999999Z"),
                Instant.parse("2000-01-01T00:00:00Z"),
                Instant.parse("+10000-01-01T00:00:00Z"),
                LAST,
                Instant.MAX));
        long span = LAST.getEpochSecond() - FIRST.getEpochSecond();
        for (int i = 0; i < 60; i++) {
            times.add(FIRST.plusSeconds(Math.floorMod(random.nextLong(), span))
                    .plusNanos(random.nextInt(1_000_000) * 1000L));
        }
        for (int i = 0; i < 40; i++) {
            times.add(GO_ZERO.plusSeconds(Math.floorMod(random.nextLong(), 60_000_000_000L)));
        }
        return times;
    }
}
