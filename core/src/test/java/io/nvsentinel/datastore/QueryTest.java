// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.UndecodableDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The pool has one connection, so that a page which kept it would stop the next. */
@Tag("surroundings")
@Tag("essential")
class QueryTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final List<String> VALUES = List.of(
            "null",
            "1",
            "1.0",
            "10",
            "9",
            "-2.5",
            "\"\"",
            "\"a\"",
            "\"b\"",
            "\"B\"",
            "\"\u00e4\"",
            "\"10\"",
            "true",
            "false",
            "[]",
            "[1]",
            "[2]",
            "[1, 2]",
            "{}",
            "{\"a\": 1}",
            "{\"b\": 1}",
            "{\"a\": 1, \"b\": null}");

    private Datastore datastore;
    private HealthEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        store = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    /** Pages of any size return the result of one statement, in any order, for all values. */
    @Test
    void pagesAgreeWithOneStatementUnderAnyOrder() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        insertMixed(random);
        for (int round = 0; round < 40; round++) {
            List<Sort> sorts = sorts(random);
            List<UUID> expected = inOneStatement(sorts);
            int skip = random.nextInt(3) == 0 ? random.nextInt(70) : 0;
            int limit = random.nextInt(2) == 0 ? 1 + random.nextInt(70) : 1000;
            Query query = Query.all().sort(sorts).skip(skip).limit(limit).pageSize(1 + random.nextInt(20));
            List<UUID> wanted = expected.stream().skip(skip).limit(limit).toList();
            String what = "seed " + seed + " round " + round + " " + query;
            assertThat(ids(store.find(query))).as(what).isEqualTo(wanted);
            assertThat(store.findIds(query).collectList().block(SOON)).as(what).isEqualTo(wanted);
            assertThat(store.count(query).block(SOON)).as(what).isEqualTo(wanted.size());
        }
    }

    private static void insertMixed(Random random) {
        for (int i = 0; i < 60; i++) {
            String document = "{\"createdAt\": \"2026-10-17T00:00:0" + random.nextInt(4) + "Z\""
                    + (random.nextInt(6) == 0 ? "" : ", \"x\": " + any(random))
                    + (random.nextInt(3) == 0 ? "" : ", \"y\": {\"z'\\\"\": " + any(random) + "}") + "}";
            DATABASE.queryForString(
                    "INSERT INTO health_events (data) VALUES (CAST(? AS jsonb)) RETURNING id", document);
        }
    }

    private static String any(Random random) {
        return VALUES.get(random.nextInt(VALUES.size()));
    }

    private static List<Sort> sorts(Random random) {
        List<String> paths = new ArrayList<>(List.of("x", "y.z'\"", "created_at"));
        Collections.shuffle(paths, random);
        return paths.subList(0, random.nextInt(4)).stream()
                .map(path -> new Sort(FieldPath.parse(path), random.nextBoolean()))
                .toList();
    }

    /** The same order in other words. */
    private static List<UUID> inOneStatement(List<Sort> sorts) {
        Map<String, String> columns = Map.of(
                "x", "coalesce(data -> 'x', 'null')",
                "y.z'\"", "coalesce(data -> 'y' -> 'z''\"', 'null')",
                "created_at", "created_at");
        StringBuilder order = new StringBuilder();
        boolean descending = false;
        for (Sort sort : sorts.isEmpty() ? List.of(Sort.ascending("created_at")) : sorts) {
            descending = sort.descending();
            order.append(columns.get(sort.path().toString())).append(descending ? " DESC, " : ", ");
        }
        return DATABASE
                .get()
                .queryForStrings("SELECT id FROM health_events ORDER BY " + order + "id" + (descending ? " DESC" : ""))
                .stream()
                .map(UUID::fromString)
                .toList();
    }

    @Test
    void sortsTimesAsTimes() {
        List<String> times = List.of(
                "{\"seconds\": 5}",
                "{\"seconds\": 5, \"nanos\": 1000}",
                "{\"seconds\": 40}",
                "\"1970-01-01T00:00:30Z\"");
        for (String time : times) {
            DATABASE.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"generatedTimestamp\": "
                    + time + "}}')");
        }
        assertThat(store.find(Query.all()
                                .sort(Sort.descending("healthevent.generatedtimestamp"))
                                .pageSize(1))
                        .map(event ->
                                event.document().event().generatedTimestamp().toString())
                        .collectList()
                        .block(SOON))
                .containsExactly(
                        "1970-01-01T00:00:40Z",
                        "1970-01-01T00:00:30Z",
                        "1970-01-01T00:00:05.000001Z",
                        "1970-01-01T00:00:05Z");
    }

    /** H1, H5, H9 */
    @Test
    void readsPagesOfTheSizeAskedFor() {
        IntStream.range(0, 3).forEach(i -> insert("a", i));
        insert("b", 1);
        Query query = Query.where(
                        Filter.or(Filter.eq("healthevent.nodeName", "a"), Filter.eq("healthevent.nodeName", "c")))
                .pageSize(2);
        assertThat(store.findPages(query).map(List::size).collectList().block(SOON))
                .containsExactly(2, 1);
        assertThat(ids(store.findPages(query).concatMapIterable(page -> page)))
                .isEqualTo(ids(store.find(query)))
                .hasSize(3);
        assertThat(store.findPages(Query.where(Filter.eq("x", 1))).collectList().block(SOON))
                .isEmpty();
    }

    /** H4 */
    @Test
    void aFailingSubscriberEndsTheReading() {
        IntStream.range(0, 20).forEach(i -> insert("a", i));
        IllegalStateException failure = new IllegalStateException("mine");
        AtomicInteger calls = new AtomicInteger();
        StepVerifier.create(store.findPages(Query.all().pageSize(2))
                        .concatMap(
                                page -> {
                                    calls.incrementAndGet();
                                    return Mono.<Void>error(failure);
                                },
                                1))
                .verifyErrorSatisfies(error -> assertThat(error).isSameAs(failure));
        assertThat(calls).hasValue(1);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(20);
    }

    /** H6 */
    @Test
    void skipsAndReportsWhatCannotBeDecoded() {
        insert("a", 1);
        UUID bad = UUID.fromString(DATABASE.queryForString(
                "INSERT INTO health_events (data) VALUES ('{\"createdAt\": \"1970-01-01T00:00:02Z\","
                        + " \"healthevent\": {\"nodeName\": {\"secret\": 1}}}') RETURNING id"));
        insert("a", 3);
        insert("a", 4);
        for (int size = 1; size <= 5; size++) {
            List<UndecodableDocument> reported = new ArrayList<>();
            Query query = Query.all().pageSize(size).onUndecodable(reported::add);
            assertThat(seconds(store.find(query))).containsExactly(1L, 3L, 4L);
            assertThat(seconds(store.findPages(query).concatMapIterable(page -> page)))
                    .containsExactly(1L, 3L, 4L);
            assertThat(reported).hasSize(2).allSatisfy(each -> {
                assertThat(each.id()).isEqualTo(bad);
                assertThat(each.createdAt()).isEqualTo(Instant.ofEpochSecond(2));
                assertThat(each.error()).hasMessageContaining(bad.toString()).hasMessageContaining("health_events");
            });
        }
        for (Flux<?> failing :
                List.of(store.find(Query.all()), store.findPages(Query.all()).concatMapIterable(page -> page))) {
            StepVerifier.create(failing)
                    .expectNextCount(1)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(InvalidDocumentException.class)
                            .hasMessageContaining(bad.toString())
                            .hasMessageNotContaining("secret"))
                    .verify(SOON);
        }
        assertThatThrownBy(() -> store.findById(bad).block(SOON)).isInstanceOf(InvalidDocumentException.class);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(4);
    }

    /** Stored compressed or not, a page of large documents is short. */
    @Test
    void aPageIsBoundedByBytesToo() {
        for (String text : List.of(
                "repeat('x', 1500000)",
                "(SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 45000))")) {
            DATABASE.execute("TRUNCATE health_events");
            DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('x', " + text
                    + ", 'n', n) FROM generate_series(1, 9) AS n");
            assertThat(store.findPages(Query.all())
                            .map(List::size)
                            .collectList()
                            .block(SOON))
                    .as(text)
                    .containsExactly(3, 3, 3);
            assertThat(store.findFields(Query.all(), List.of("n")).count().block(SOON))
                    .isEqualTo(9);
        }
        // A document that is larger than a page is read alone.
        DATABASE.execute("INSERT INTO health_events (data) VALUES (jsonb_build_object('x', repeat('x', 10000000)))");
        assertThat(store.findPages(Query.all()).map(List::size).collectList().block(SOON))
                .containsExactly(3, 3, 3, 1);
    }

    /** PostgreSQL refuses lists of words beyond 1 MB; an index over them must not make it refuse the document. */
    @Test
    void aDocumentTooLongToBeSearchedIsStored() {
        for (int words : new int[] {200_000, 20_000}) {
            DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('n', " + words
                    + ", 'x', string_agg('w' || n, ' ')) FROM generate_series(1, " + words + ") AS n");
        }
        assertThat(store.find(Filter.text("w77 w7777"))
                        .map(found -> found.document().extra().get("n").toString())
                        .collectList()
                        .block(SOON))
                .containsExactly("20000");
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(2);
    }

    /** F15 */
    @Test
    void findsOneOrNone() {
        insert("a", 2);
        UUID first = insert("b", 1);
        assertThat(store.findOne(Query.all()).block(SOON).id()).isEqualTo(first);
        assertThat(store.findOne(Query.all().skip(1).limit(1).sort(Sort.descending("createdAt")))
                        .block(SOON)
                        .id())
                .isEqualTo(first);
        StepVerifier.create(store.findOne(Query.where(Filter.eq("x", 1))))
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(store.findOne(Query.where(Filter.jsonPath("$.["))))
                .expectError(InvalidRequestException.class)
                .verify(SOON);
        assertThat(store.exists(Filter.eq("healthevent.nodeName", "a")).block(SOON))
                .isTrue();
        assertThat(store.exists(Filter.eq("healthevent.nodeName", "c")).block(SOON))
                .isFalse();
    }

    @Test
    void readsFieldsInWhateverSpelling() {
        DATABASE.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"nodename\": \"n\", \"message\": null,"
                        + " \"metadata\": {\"a.b\": \"c\", \"d\": \"e\"}}, \"healtheventstatus\": "
                        + "{\"faultremediated\": {\"value\": true}}}')");
        StoredDocument<Map<String, Object>> found = store.findFields(
                        Query.all(),
                        List.of(
                                "node_name",
                                "healthevent.message",
                                "healthevent.metadata.a\\.b",
                                "healthevent.agent",
                                "healthevent.isFatal",
                                "fault_remediated",
                                "id"))
                .blockFirst(SOON);
        Map<String, Object> event =
                new java.util.HashMap<>(Map.of("nodeName", "n", "metadata", Map.of("a.b", "c"), "isFatal", false));
        event.put("message", null);
        assertThat(found.document())
                .isEqualTo(Map.of("healthevent", event, "healtheventstatus", Map.of("faultremediated", true)));
        assertThat(found.version()).isEqualTo(1);
    }

    @Test
    void listsTheDifferentValuesOfAField() {
        insertMixed(new Random(7));
        List<String> expected = DATABASE.get()
                .queryForStrings("SELECT data -> 'x' FROM health_events WHERE data -> 'x' <> 'null'"
                        + " GROUP BY data -> 'x' ORDER BY data -> 'x'");
        List<Object> found = store.distinct("x", Filter.all()).collectList().block(SOON);
        assertThat(found).hasSize(expected.size()).contains(true, "a", List.of());
        assertThat(store.distinct("x", Filter.eq("x", "a")).collectList().block(SOON))
                .containsExactly("a");

        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('w', n % 1234)"
                + " FROM generate_series(1, 3000) AS n");
        assertThat(store.distinct("w", Filter.all())
                        .map(Object::toString)
                        .collectList()
                        .block(SOON))
                .isEqualTo(IntStream.range(0, 1234).mapToObj(String::valueOf).toList());
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> Query.all().limit(0)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Query.all().skip(-1)).isInstanceOf(InvalidRequestException.class);
        for (int size : new int[] {0, -1, Query.MAX_PAGE_SIZE + 1}) {
            assertThatThrownBy(() -> Query.all().pageSize(size))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("page size");
        }
        assertThatThrownBy(() -> Query.all().sort(Collections.nCopies(Query.MAX_SORTS + 1, Sort.ascending("a"))))
                .isInstanceOf(InvalidRequestException.class);
        Query query = Query.where(Filter.eq("a", 1)).skip(2);
        assertThat(query.limit(5).skip()).isEqualTo(2);
        assertThat(query.limit()).isEqualTo(Long.MAX_VALUE);
    }

    /** Skip and limit far beyond the end, and limits that are not a multiple of the page. */
    @Test
    void countsWhatItFinds() {
        IntStream.range(0, 10).forEach(i -> insert("a", i));
        Stream.of(
                        Query.all(),
                        Query.all().skip(3),
                        Query.all().limit(7).pageSize(3),
                        Query.all().skip(9).limit(5),
                        Query.all().skip(100),
                        Query.all().skip(2).limit(6).pageSize(2))
                .forEach(query -> assertThat(store.count(query).block(SOON))
                        .as(query.toString())
                        .isEqualTo(store.find(query).count().block(SOON)));
    }

    private UUID insert(String node, long second) {
        return store.insert(HealthEventDocument.of(
                        Instant.ofEpochSecond(second),
                        HealthEvent.builder().nodeName(node).build()))
                .block(SOON);
    }

    private static List<UUID> ids(Flux<? extends StoredDocument<?>> found) {
        return found.map(each -> each.id()).collectList().block(SOON);
    }

    private static List<Long> seconds(Flux<? extends StoredDocument<?>> found) {
        return found.map(each -> each.createdAt().getEpochSecond())
                .collectList()
                .block(SOON);
    }
}
