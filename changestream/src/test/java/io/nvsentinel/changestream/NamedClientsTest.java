// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

/** The position at which a named client resumes, and the owner of its name. */
@Tag("essential")
class NamedClientsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);

    private Datastore datastore;
    private ChangeStreams streams;
    private ChangeStreams others;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
        others = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        others.close().block(SOON);
        datastore.close().block(SOON);
    }

    /** The last position of the watch that was cancelled is stored slowly, and the next watch is opened at once. */
    @Test
    void aNameThatIsOpenedAtOnceAfterACancelStartsFromWhatWasAcknowledged() throws Exception {
        DATABASE.execute("""
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF current_query() LIKE '%NULL, epoch = nextval%' THEN
                        PERFORM pg_advisory_xact_lock_shared(4711);
                    END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER slow BEFORE UPDATE ON resume_tokens FOR EACH STATEMENT EXECUTE FUNCTION slow()""");
        try (Connection holding = DATABASE.connect();
                Statement lock = holding.createStatement()) {
            lock.execute("SELECT pg_advisory_lock(4711)");
            List<String> first = new CopyOnWriteArrayList<>();
            Disposable watch = streams.watch(datastore.healthEvents(), named("slow", StartAt.beginning()))
                    .doOnNext(ChangeEvent::acknowledge)
                    .subscribe(change -> first.add(change.after().event().nodeName()));
            Await.until(
                    "the start",
                    SOON,
                    () -> DATABASE.queryForString("SELECT count(*) FROM resume_tokens WHERE client_name = 'slow'")
                            .equals("1"));
            insert("acknowledged");
            Await.until("the change", SOON, () -> first.contains("acknowledged"));
            watch.dispose();
            List<String> second = new CopyOnWriteArrayList<>();
            streams.watch(datastore.healthEvents(), named("slow", StartAt.beginning()))
                    .subscribe(change -> second.add(change.after().event().nodeName()));
            Await.until(
                    "the last position is being stored",
                    SOON,
                    () -> DATABASE.queryForString(
                                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
                            .equals("1"));
            lock.execute("SELECT pg_advisory_unlock(4711)");
            insert("next");
            Await.until("the next change", SOON, () -> second.contains("next"));
            assertThat(second).containsExactly("next");
        } finally {
            DATABASE.execute("DROP FUNCTION slow CASCADE");
        }
    }

    private static WatchOptions named(String client, StartAt start) {
        return WatchOptions.builder().clientName(client).startAt(start).build();
    }

    /** A watch of the client, with what it received and how it ended. */
    private final class Owner {
        private final List<ChangeEvent<HealthEventDocument>> received = new CopyOnWriteArrayList<>();
        private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        private Owner(ChangeStreams of, String client, boolean acknowledges) {
            WatchOptions options = WatchOptions.builder()
                    .clientName(client)
                    .onSubscribed(start::set)
                    .build();
            of.watch(datastore.healthEvents(), options)
                    .doOnNext(received::add)
                    .filter(event -> acknowledges)
                    .subscribe(ChangeEvent::acknowledge, failure::set);
            Await.until("the start", SOON, () -> start.get() != null);
        }

        private List<String> nodes() {
            return received.stream()
                    .map(change -> change.after().event().nodeName())
                    .toList();
        }

        private void awaitNode(String node) {
            Await.until("the change " + node, SOON, () -> nodes().contains(node));
        }
    }

    @Test
    void whatHappenedWhileAClientWasDownArrivesInOrderBeforeWhatIsNew() {
        Owner first = new Owner(streams, "down", true);
        insert("before");
        first.awaitNode("before");
        streams.close().block(SOON);

        List<String> expected = new ArrayList<>(
                IntStream.range(0, 500).mapToObj(i -> "while down " + i).toList());
        expected.forEach(NamedClientsTest::insert);
        Owner second = new Owner(others, "down", true);
        insert("new");
        expected.add("new");
        second.awaitNode("new");
        assertThat(second.nodes()).isEqualTo(expected);
    }

    @Test
    void aNameBelongsToWhoOpenedItLast() {
        Owner earlier = new Owner(streams, "contested", false);
        insert("of the earlier owner");
        earlier.awaitNode("of the earlier owner");

        Owner later = new Owner(others, "contested", true);
        later.awaitNode("of the earlier owner");
        insert("of the later owner");
        later.awaitNode("of the later owner");
        // The earlier owner may notice that it is fenced before the change arrives.
        Await.until(
                "the change of the later owner, or the end",
                SOON,
                () -> earlier.nodes().contains("of the later owner") || earlier.failure.get() != null);
        long acknowledged = position(later.received.get(1));
        Await.until(
                "the later owner's position " + acknowledged,
                SOON,
                () -> "stored " + stored("contested") + ", failure " + later.failure.get(),
                ("stored " + acknowledged + ", failure null")::equals);

        earlier.received.get(0).acknowledge();
        Await.until("the end of the earlier owner", SOON, () -> earlier.failure.get() != null);
        assertThat(earlier.failure.get()).isInstanceOf(ClientFencedException.class);
        assertThat(stored("contested")).isEqualTo(acknowledged);
        insert("the last");
        later.awaitNode("the last");
        assertThat(later.failure.get()).isNull();
        assertThat(later.nodes()).containsExactly("of the earlier owner", "of the later owner", "the last");
    }

    @Test
    void aStoredPositionThatCannotBeReadIsAnErrorAndNothingIsReplayed() {
        Owner first = new Owner(streams, "unreadable", true);
        insert("a");
        first.awaitNode("a");
        streams.close().block(SOON);
        DATABASE.execute("UPDATE resume_tokens SET resume_token = jsonb_set(resume_token, '{version}', '9')"
                + " WHERE client_name = 'unreadable'");
        WatchOptions options = WatchOptions.builder()
                .clientName("unreadable")
                .startAt(StartAt.beginning())
                .build();
        StepVerifier.create(others.watch(datastore.healthEvents(), options))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidRequestException.class)
                        .hasMessageContaining("version"))
                .verify(SOON);
        assertThat(DATABASE.queryForString(
                        "SELECT resume_token ->> 'version' FROM resume_tokens" + " WHERE client_name = 'unreadable'"))
                .as("it is left as it was")
                .isEqualTo("9");
    }

    @Test
    void whoCancelsInTheMiddleOfAPageLeavesNoConnectionAndThePositionOfWhatItAcknowledged() {
        streams.clients().reset("cancelled", StartAt.now()).block(SOON);
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, 20)");
        List<Long> seen = new CopyOnWriteArrayList<>();
        WatchOptions options = WatchOptions.builder().clientName("cancelled").build();
        streams.watch(datastore.healthEvents(), options)
                .doOnNext(event -> {
                    seen.add(position(event));
                    if (seen.size() <= 3) {
                        event.acknowledge();
                    }
                })
                .take(5)
                .blockLast(SOON);
        Await.until(
                "it has ended",
                SOON,
                () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens WHERE client_name = 'cancelled'")
                        == null);
        assertThat(seen).hasSize(5);
        assertThat(stored("cancelled")).isEqualTo(seen.get(2));
        Await.until(
                "no session listens", SOON, () -> !streams.status().block(SOON).listening());
        Await.until(
                "no session has listened",
                SOON,
                () -> DATABASE.get()
                        .queryForStrings("SELECT '1' FROM pg_stat_activity WHERE datname = current_database()"
                                + " AND query ~ '^LISTEN|advisory' AND pid <> pg_backend_pid()")
                        .isEmpty());
    }

    private static long position(ChangeEvent<?> event) {
        return event.resumeToken().position().id();
    }

    private static long stored(String client) {
        return Long.parseLong(DATABASE.queryForString(
                "SELECT resume_token ->> 'position' FROM resume_tokens WHERE client_name = '" + client + "'"));
    }

    private static void insert(String node) {
        DATABASE.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }
}
