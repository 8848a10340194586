// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.admin.RetentionReport;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Tag("essential")
class RetentionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);

    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        reset();
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(
                datastore, ChangeStreamOptions.builder().batchSize(10).build());
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void onlyWhatEveryClientHasAcknowledgedIsMarkedAndRemoved() {
        Reader fast = new Reader("fast", StartAt.beginning());
        Reader slow = new Reader("slow", StartAt.beginning());
        insert(10);
        Await.until(
                "both have all",
                SOON,
                () -> fast.ids().size() == 10 && slow.ids().size() == 10);
        fast.acknowledge(10);
        slow.acknowledge(4);
        Await.until("both are stored", SOON, () -> stored("fast") == 10 && stored("slow") == 4);

        RetentionReport report = run(everything());
        assertThat(report).isEqualTo(new RetentionReport(true, 4, 4, 0, 2));
        assertThat(kept()).containsExactly(5L, 6L, 7L, 8L, 9L, 10L);
        assertThat(pending()).isEqualTo("6");
        assertThat(oldest()).isEqualTo(5);

        slow.running.dispose();
        Reader again = new Reader("slow", StartAt.now());
        Await.until("it has the rest", SOON, () -> again.ids().size() == 6);
        again.acknowledge(6);
        Await.until("it is stored", SOON, () -> stored("slow") == 10);
        run(everything());
        assertThat(kept()).isEmpty();

        insert(1);
        Await.until(
                "both continue",
                SOON,
                () -> fast.ids().contains(11L) && again.ids().contains(11L));
    }

    @Test
    void whatIsProcessedIsMarkedAtOnceAndRemovedWhenItIsOldEnough() {
        insert(5);
        age(3, "8 days");
        client("all", 5);
        RetentionReport report = run(RetentionOptions.defaults());
        assertThat(report).isEqualTo(new RetentionReport(true, 5, 3, 0, 2));
        assertThat(kept()).containsExactly(4L, 5L);
        assertThat(pending()).isEqualTo("0");
        insert(1);
        assertThat(pending()).isEqualTo("1");
        assertThat(run(RetentionOptions.defaults())).isEqualTo(new RetentionReport(true, 0, 0, 0, 0));
    }

    @Test
    void aDiskThatIsFullKeepsNothingFromBeingRemoved() {
        insert(5);
        age(3, "8 days");
        client("all", 5);
        DATABASE.execute("""
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER full_disk BEFORE UPDATE OF processed ON datastore_changelog
                FOR EACH ROW WHEN (NEW.new_values IS NOT NULL) EXECUTE FUNCTION full_disk()""");
        try {
            assertThatThrownBy(() -> run(RetentionOptions.defaults())).hasMessageContaining("53100");
            assertThat(kept()).containsExactly(4L, 5L);
        } finally {
            DATABASE.execute("DROP FUNCTION full_disk CASCADE");
        }
        assertThat(run(RetentionOptions.defaults()).removed()).isZero();
        assertThat(pending()).isEqualTo("0");
    }

    @Test
    void withoutAnyClientAgeAloneDecidesAndNothingIsMarked() {
        insert(3);
        age(2, "8 days");
        RetentionReport report = run(RetentionOptions.defaults());
        assertThat(report).isEqualTo(new RetentionReport(true, 0, 2, 0, 1));
        assertThat(pending()).isEqualTo("1");
    }

    @Test
    void theCapsWinOverADeadClient() {
        insert(10);
        age(3, "31 days");
        client("dead", 0);
        assertThat(run(RetentionOptions.defaults())).isEqualTo(new RetentionReport(true, 0, 0, 3, 1));
        assertThat(run(RetentionOptions.builder().maxRows(2).build())).isEqualTo(new RetentionReport(true, 0, 0, 5, 1));
        assertThat(kept()).containsExactly(9L, 10L);

        Reader dead = new Reader("dead", StartAt.beginning());
        Await.until("it is notified", SOON, () -> dead.error.get() != null);
        assertThat(dead.error.get())
                .isInstanceOf(HistoryLostException.class)
                .hasMessageContaining("the oldest kept change is 9");
        assertThat(dead.ids()).isEmpty();
        assertThat(streams.clients().find("dead").block(SOON).isHistoryLost()).isTrue();
    }

    @Test
    void eachStepIsSmall() {
        insert(100);
        client("all", 100);
        RetentionReport report = run(
                RetentionOptions.builder().retention(Duration.ZERO).batchSize(7).build());
        assertThat(report).isEqualTo(new RetentionReport(true, 100, 100, 0, 30));
        assertThat(kept()).isEmpty();
    }

    @Test
    void onlyTheLastRemovedChangeStaysWithoutItsDocuments() {
        insert(100);
        client("all", 100);
        run(RetentionOptions.builder().retention(Duration.ZERO).batchSize(7).build());
        assertThat(DATABASE.get()
                        .queryForStrings("SELECT id || ' ' || processed || ' ' || (new_values IS NULL)"
                                + " FROM datastore_changelog"))
                .containsExactly("100 true true");
        assertThat(run(everything())).isEqualTo(new RetentionReport(true, 0, 0, 0, 0));
        insert(1);
        DATABASE.execute("UPDATE resume_tokens SET resume_token = resume_token || '{\"position\": 101}'");
        run(everything());
        assertThat(DATABASE.get().queryForStrings("SELECT id FROM datastore_changelog"))
                .containsExactly("101");
    }

    @Test
    void whatIsNotMarkedIsRemovedAllTheSame() {
        insert(3);
        client("all", 2);
        RetentionReport report = run(RetentionOptions.builder()
                .retention(Duration.ZERO)
                .markProcessed(false)
                .build());
        assertThat(report).isEqualTo(new RetentionReport(true, 0, 2, 0, 1));
    }

    @Test
    void neitherAWriterThatIsCommittingNorAReaderHoldsItUp() throws Exception {
        insert(5);
        client("all", 5);
        Reader reader = new Reader("other", StartAt.now());
        try (Connection writer = DATABASE.connect();
                Statement statement = writer.createStatement();
                Connection snapshot = DATABASE.connect();
                Statement reading = snapshot.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
            snapshot.setAutoCommit(false);
            reading.execute("SELECT count(*) FROM datastore_changelog");
            assertThat(run(everything()).removed()).isEqualTo(5);
            writer.commit();
        }
        Await.until("the change arrives", SOON, () -> reader.ids().contains(6L));
    }

    @Test
    void oneAtATime() throws Exception {
        try (Connection other = DATABASE.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(7813858212840129891)");
            insert(1);
            assertThat(run(everything())).isEqualTo(new RetentionReport(false, 0, 0, 0, 0));
            assertThat(kept()).containsExactly(1L);
        }
        Await.until("it is free again", SOON, () -> run(everything()).taken());
        assertThat(kept()).isEmpty();
    }

    @Test
    void runsAgainAndAgainUntilClosed() {
        List<RetentionReport> reports = new CopyOnWriteArrayList<>();
        AtomicReference<Boolean> completed = new AtomicReference<>(false);
        Disposable running = streams.retention(RetentionOptions.builder()
                        .retention(Duration.ZERO)
                        .interval(Duration.ofMillis(10))
                        .build())
                .runPeriodically()
                .doOnComplete(() -> completed.set(true))
                .subscribe(reports::add);
        insert(3);
        Await.until("all are removed", SOON, () -> kept().isEmpty());
        insert(3);
        Await.until("all are removed", SOON, () -> kept().isEmpty());
        streams.close().block(SOON);
        Await.until("it ends", SOON, running::isDisposed);
        assertThat(completed.get()).isTrue();
        assertThat(reports).allMatch(RetentionReport::taken);
    }

    @Test
    void aReaderThatWasOvertakenIsTold() {
        insert(400);
        Sinks.Empty<Void> overtaken = Sinks.empty();
        Overtaken reader = new Overtaken(id -> id == 5 ? overtaken.asMono() : Mono.empty());
        Await.until("it is in the middle", SOON, () -> reader.seen.contains(5L));
        run(capped(100));
        overtaken.tryEmitEmpty();
        Await.until("it ends", SOON, reader.running::isDisposed);
        assertThat(reader.error.get()).isInstanceOf(HistoryLostException.class);
        reader.assertThatNothingIsSkipped();
        assertThat(reader.seen).hasSizeLessThan(300);
    }

    @Test
    void aReaderThatIsBeingOvertakenSkipsNothing() {
        for (int round = 0; round < 5; round++) {
            reset();
            insert(1500);
            Overtaken reader = new Overtaken(id -> Mono.delay(Duration.ofNanos(100_000)));
            Await.until("it reads", SOON, () -> reader.seen.size() > 20);
            run(capped(200));
            Await.until("it ends, or has all", SOON, () -> reader.running.isDisposed() || reader.seen.contains(1500L));
            reader.assertThatNothingIsSkipped();
            reader.running.dispose();
        }
    }

    private final class Overtaken {

        private final List<Long> seen = new CopyOnWriteArrayList<>();
        private final AtomicReference<Throwable> error = new AtomicReference<>();
        private final Disposable running;

        Overtaken(Function<Long, Mono<?>> handler) {
            WatchOptions options =
                    WatchOptions.builder().startAt(StartAt.beginning()).build();
            running = streams.watch(datastore.healthEvents(), options)
                    .map(change -> change.resumeToken().position().id())
                    .doOnNext(seen::add)
                    .concatMap(handler, 1)
                    .subscribe(done -> {}, error::set);
        }

        void assertThatNothingIsSkipped() {
            if (error.get() != null) {
                assertThat(error.get()).isInstanceOf(HistoryLostException.class);
            }
            assertThat(seen)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, seen.size()).boxed().toList());
        }
    }

    private static RetentionOptions capped(long rows) {
        return RetentionOptions.builder().maxRows(rows).batchSize(50).build();
    }

    private static void reset() {
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM resume_tokens; DELETE FROM datastore_changelog;"
                + " TRUNCATE datastore_changelog_state;"
                + " INSERT INTO datastore_changelog_state DEFAULT VALUES;"
                + " ALTER SEQUENCE datastore_changelog_id_seq RESTART");
    }

    @Test
    void everyOptionHasItsRange() {
        assertThatThrownBy(() -> RetentionOptions.builder()
                        .retention(Duration.ofSeconds(-1))
                        .maxAge(Duration.ofDays(40000))
                        .maxRows(-1)
                        .batchSize(0)
                        .interval(Duration.ZERO)
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("retention", "maxAge", "maxRows", "batchSize", "interval");
        assertThatThrownBy(() -> RetentionOptions.builder()
                        .retention(Duration.ofDays(31))
                        .build())
                .hasMessageContaining("maxAge");
    }

    private static RetentionOptions everything() {
        return RetentionOptions.builder().retention(Duration.ZERO).build();
    }

    private RetentionReport run(RetentionOptions options) {
        return streams.retention(options).run().block(SOON);
    }

    private final class Reader {

        private final List<ChangeEvent<?>> seen = new CopyOnWriteArrayList<>();
        private final AtomicReference<Throwable> error = new AtomicReference<>();
        private final AtomicReference<ResumeToken> subscribed = new AtomicReference<>();
        private final Disposable running;

        Reader(String client, StartAt start) {
            running = streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder()
                                    .clientName(client)
                                    .startAt(start)
                                    .onSubscribed(subscribed::set)
                                    .build())
                    .subscribe(seen::add, error::set);
            Await.until("it is subscribed, or refused", SOON, () -> subscribed.get() != null || error.get() != null);
        }

        void acknowledge(int changes) {
            seen.subList(0, changes).forEach(ChangeEvent::acknowledge);
        }

        List<Long> ids() {
            return seen.stream()
                    .map(change -> change.resumeToken().position().id())
                    .toList();
        }
    }

    private static void insert(int events) {
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, " + events + ")");
    }

    private static void age(int changes, String age) {
        DATABASE.execute(
                "SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = now() - interval '" + age
                        + "' WHERE id <= " + changes);
    }

    private static void client(String name, long position) {
        DATABASE.execute("INSERT INTO resume_tokens (client_name, resume_token)"
                + " SELECT '" + name + "', json_build_object('version', 1, 'incarnation', incarnation, 'position', "
                + position + ", 'checkedRow', 0, 'digest', '') FROM datastore_changelog_state");
    }

    private static List<Long> kept() {
        return DATABASE
                .get()
                .queryForStrings("SELECT id FROM datastore_changelog"
                        + " WHERE id >= (SELECT oldest_id FROM datastore_changelog_state) ORDER BY id")
                .stream()
                .map(Long::valueOf)
                .toList();
    }

    /** As queries that look for pending changes do. */
    private static String pending() {
        return DATABASE.queryForString("SELECT coalesce(sum(n), 0) FROM (SELECT table_name, COUNT(*) AS n"
                + " FROM datastore_changelog WHERE processed = FALSE GROUP BY table_name) AS pending");
    }

    private static long oldest() {
        return Long.parseLong(DATABASE.queryForString("SELECT oldest_id FROM datastore_changelog_state"));
    }

    private static long stored(String client) {
        return Long.parseLong(
                DATABASE.queryForString("SELECT position FROM resume_tokens WHERE client_name = ?", client));
    }
}
