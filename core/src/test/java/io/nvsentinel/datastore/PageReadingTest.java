// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.nvsentinel.datastore.DatastoreListener.Kind;
import io.nvsentinel.datastore.DatastoreListener.Operation;
import io.nvsentinel.datastore.DatastoreListener.Outcome;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** How many pages are read, when, and how long they are. */
class PageReadingTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Sort BY_NUMBER = Sort.ascending("n");
    private static final Query TWO_BY_TWO = Query.all().sort(BY_NUMBER).pageSize(2);

    /** Fails to read the number -9 with an error that is not about the document. */
    private static final DocumentCodec<Integer> NUMBER = new DocumentCodec<>() {
        @Override
        public byte[] encode(Integer number) {
            return ("{\"n\": " + number + "}").getBytes(UTF_8);
        }

        @Override
        public Integer decode(byte[] json) {
            int number = (Integer) JsonCodec.jackson3().readTree(json).get("n");
            if (number == -9) {
                throw new IllegalStateException("mine");
            }
            return number;
        }
    };

    private final List<Operation> heard = new CopyOnWriteArrayList<>();
    private Datastore datastore;
    private DocumentCollection<Integer> numbers;

    @BeforeEach
    void open() {
        DatastoreListener listener = new DatastoreListener() {
            @Override
            public void onOperation(Operation operation) {
                if (operation.kind() == Kind.READ) {
                    heard.add(operation);
                }
            }
        };
        datastore = Datastore.connect(
                        Databases.options(DATABASE.get()).maxConnections(4).build(), listener)
                .block(SOON);
        datastore.createCollection("numbers").block(SOON);
        DATABASE.execute("TRUNCATE numbers");
        numbers = datastore.collection("numbers", NUMBER);
        heard.clear();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    /** {@code size} says how many letters the text of document n has. */
    private static void fill(int count, String size) {
        DATABASE.execute(
                "INSERT INTO numbers (data) SELECT jsonb_build_object('n', n, 'k', n * 7 % 11, 'x', repeat('x', " + size
                        + ")) FROM generate_series(1, " + count + ") AS n");
    }

    /** Two or three large ones in a row among small ones, under orders of the record and of the document. */
    @Test
    void documentsOfAnySizesComeOnceAndInOrder() {
        fill(90, "CASE WHEN n % 30 BETWEEN 14 AND 16 THEN 3000000 ELSE n END");
        check(Query.all(), "created_at, id", 0, 1000);
        check(Query.all().sort(BY_NUMBER), "data -> 'n'", 0, 1000);
        check(
                Query.all()
                        .sort(Sort.descending("k"), BY_NUMBER)
                        .skip(5)
                        .limit(70)
                        .pageSize(7),
                "data -> 'k' DESC, data -> 'n'",
                5,
                70);
        check(Query.all().sort(Sort.descending("n")).skip(43).limit(5), "data -> 'n' DESC", 43, 5);
    }

    private void check(Query query, String order, int skip, int limit) {
        List<Integer> expected = DATABASE
                .get()
                .queryForStrings(
                        "SELECT data ->> 'n' FROM numbers ORDER BY " + order + " OFFSET " + skip + " LIMIT " + limit)
                .stream()
                .map(Integer::valueOf)
                .toList();
        for (Flux<StoredDocument<Integer>> found :
                List.of(numbers.find(query), numbers.findPages(query).concatMapIterable(page -> page, 1))) {
            assertThat(found.map(StoredDocument::document).collectList().block(SOON))
                    .as(query.toString())
                    .isEqualTo(expected);
        }
    }

    /** A view that takes its time for each row stands for documents so large that a page of them takes too long. */
    @Test
    void aPageOfWhichOnlyAPartComesInTimeIsAskedForAgainWithFewer() {
        fill(60, "2000");
        DATABASE.execute("CREATE FUNCTION slowly(data jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE COST 100000"
                + " AS 'BEGIN PERFORM pg_sleep(0.03); RETURN data; END';"
                + " CREATE VIEW slow AS SELECT id, created_at, updated_at, version, slowly(data) AS data FROM numbers");
        Datastore hasty = Datastore.connect(Databases.options(DATABASE.get())
                        .statementTimeout(Duration.ofSeconds(1))
                        .build())
                .block(SOON);
        try {
            DocumentCollection<Integer> slow = hasty.collection("slow", NUMBER);
            Query byNumber = Query.all().sort(Sort.ascending("created_at"));
            List<Integer> sizes =
                    slow.findPages(byNumber).map(List::size).collectList().block(SOON);
            assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(60);
            assertThat(sizes.get(0)).isBetween(2, 20);
            assertThat(slow.find(byNumber)
                            .map(StoredDocument::document)
                            .collectList()
                            .block(SOON))
                    .doesNotHaveDuplicates()
                    .hasSize(60);

            // Without a response in time, the timeout is not adapted.
            assertThatThrownBy(() ->
                            slow.find(Query.all().sort(Sort.descending("x"))).blockLast(SOON))
                    .isInstanceOf(UnavailableException.class);
            assertThatThrownBy(() -> hasty.inTransaction(session -> session.collection("slow", NUMBER)
                                    .find(byNumber)
                                    .then())
                            .block(SOON))
                    .isInstanceOf(UnavailableException.class);
        } finally {
            hasty.close().block(SOON);
            DATABASE.execute("DROP VIEW slow; DROP FUNCTION slowly(jsonb)");
        }
    }

    @Test
    void afterLargeDocumentsPagesAreFullAgain() {
        fill(73, "CASE WHEN n BETWEEN 31 AND 33 THEN 3000000 ELSE n END");
        List<Integer> sizes = numbers.findPages(Query.all().sort(BY_NUMBER).pageSize(10))
                .map(List::size)
                .collectList()
                .block(SOON);
        assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(73);
        assertThat(sizes.subList(0, 3)).containsOnly(10);
        assertThat(sizes.get(3)).as("ends with what fills it").isEqualTo(2);
        assertThat(sizes.subList(sizes.size() - 4, sizes.size() - 1)).containsOnly(10);
    }

    @Test
    void whoWantsWhatTheFirstPagesHaveReadsNoOther() {
        fill(20, "n");
        for (int wanted = 1; wanted <= 4; wanted++) {
            heard.clear();
            assertThat(numbers.find(TWO_BY_TWO).take(wanted).count().block(SOON))
                    .isEqualTo(wanted);
            awaitNoneUsed();
            assertThat(heard)
                    .as("for " + wanted)
                    .extracting(Operation::outcome)
                    .hasSize((wanted + 1) / 2)
                    .containsOnly(Outcome.OK);
        }
    }

    /** The twin, outside, begins a fourth page. */
    @Test
    void inATransactionNothingIsReadAhead() {
        fill(20, "n");
        datastore
                .inTransaction(
                        TransactionOptions.defaults(),
                        session -> session.collection("numbers", NUMBER)
                                .find(TWO_BY_TWO)
                                .take(5)
                                .then())
                .block(SOON);
        assertThat(heard).extracting(Operation::outcome).containsExactly(Outcome.OK, Outcome.OK, Outcome.OK);
        heard.clear();
        numbers.find(TWO_BY_TWO).take(5).then().block(SOON);
        Await.until("the page ahead ends", SOON, () -> heard.size() == 4);
        awaitNoneUsed();
    }

    /** Asks for pages when the test says so. */
    private static final class ByHand extends BaseSubscriber<List<Integer>> {

        private final List<List<Integer>> seen = new CopyOnWriteArrayList<>();
        private final AtomicBoolean completed = new AtomicBoolean();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // Nothing yet.
        }

        @Override
        protected void hookOnNext(List<Integer> page) {
            seen.add(page);
        }

        @Override
        protected void hookOnComplete() {
            completed.set(true);
        }

        void ask() {
            int before = seen.size();
            request(1);
            Await.until("a page", SOON, () -> seen.size() == before + 1);
        }
    }

    @Test
    void pagesAreReadAsTheyAreAskedForAndAtMostOneAhead() {
        fill(19, "n");
        ByHand subscriber = new ByHand();
        numbersOf(numbers.findPages(TWO_BY_TWO)).subscribe(subscriber);
        for (int page = 1; page <= 10; page++) {
            subscriber.ask();
            awaitNoneUsed();
            assertThat(subscriber.seen).last().asInstanceOf(LIST).first().isEqualTo(2 * page - 1);
            assertThat(heard.size()).isBetween(page, page + 1);
        }
        Await.until("the end", SOON, subscriber.completed::get);
        assertThat(heard).hasSize(10);
    }

    @Test
    void cancellingStopsThePageThatIsReadAheadAndGivesItsConnectionBack() {
        fill(20, "n");
        ByHand subscriber = new ByHand();
        numbersOf(numbers.findPages(TWO_BY_TWO)).subscribe(subscriber);
        for (int page = 1; page <= 3; page++) {
            subscriber.ask();
        }
        awaitNoneUsed();
        try (LockedTable lock = LockedTable.of(DATABASE, "numbers")) {
            subscriber.ask();
            lock.awaitWaiter();
            assertThat(heard).extracting(Operation::outcome).containsOnly(Outcome.OK);
            subscriber.cancel();
            Await.until(
                    "it is stopped",
                    SOON,
                    () -> heard.stream().anyMatch(operation -> operation.outcome() == Outcome.CANCELLED));
            awaitNoneUsed();
            assertThat(lock.isHeld()).isTrue();
        }
        assertThat(subscriber.seen).hasSize(4);
    }

    @Test
    void anErrorOfThePageAheadComesAfterTheDocumentsBeforeIt() {
        fill(20, "n");
        DATABASE.execute("UPDATE numbers SET data = data || '{\"n\": -9, \"m\": 9}' WHERE data -> 'n' = '9'");
        // By m, so that it stays the ninth.
        DATABASE.execute("UPDATE numbers SET data = data || jsonb_build_object('m', abs((data ->> 'n')::int))");
        Query query = Query.all().sort(Sort.ascending("m")).pageSize(2);
        StepVerifier.create(numbersOf(numbers.findPages(query)), 0)
                .thenRequest(4)
                .expectNext(List.of(1, 2), List.of(3, 4), List.of(5, 6), List.of(7, 8))
                .then(this::awaitFailure)
                .thenRequest(1)
                .expectErrorSatisfies(PageReadingTest::isMine)
                .verify(SOON);
        heard.clear();
        StepVerifier.create(numbers.find(query).map(StoredDocument::document), 0)
                .thenRequest(7)
                .expectNextSequence(IntStream.rangeClosed(1, 7).boxed().toList())
                .then(this::awaitFailure)
                .thenRequest(1)
                .expectNext(8)
                .thenRequest(1)
                .expectErrorSatisfies(PageReadingTest::isMine)
                .verify(SOON);
    }

    private static void isMine(Throwable error) {
        assertThat(error).hasStackTraceContaining("mine");
    }

    private void awaitFailure() {
        Await.until(
                "a page that fails",
                SOON,
                () -> heard.stream().anyMatch(operation -> operation.outcome() == Outcome.FAILED));
    }

    private static Flux<List<Integer>> numbersOf(Flux<List<StoredDocument<Integer>>> pages) {
        return pages.map(page ->
                new ArrayList<>(page.stream().map(StoredDocument::document).toList()));
    }

    private void awaitNoneUsed() {
        Await.until("no connection in use", SOON, () -> datastore.pool().acquired() == 0);
    }
}
