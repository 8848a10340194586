// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.ReleasableHandle;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Tag("slow")
class OwnershipTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);

    private Datastore datastore;
    private ChangeStreams streams;
    private ChangeStreams others;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens");
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

    @Test
    void whoOpensANameLastOwnsItAndTheEarlierOwnerNoticesAlthoughItHasNothingToStore() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        UUID seen = insert();
        Await.until("the first has it", SOON, () -> first.seen.contains(seen));
        Await.until(
                "and it is stored",
                SOON,
                () -> stored() == first.last().position().id());
        long before = stored();

        Owner second = new Owner(others, OwnershipPolicy.TAKE_OVER);
        Await.until("the first is fenced", SOON, () -> first.error.get() != null);
        assertThat(first.error.get()).isInstanceOf(ClientFencedException.class);

        UUID later = insert();
        Await.until("the second continues", SOON, () -> second.seen.contains(later));
        assertThat(first.seen).containsExactly(seen);
        assertThat(second.seen).containsExactly(later);
        Await.until("its position is stored", SOON, () -> stored() > before);
    }

    @Test
    void whoWaitsBecomesTheOwnerWhenTheEarlierOneCloses() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Owner second = new Owner(others, OwnershipPolicy.WAIT);
        UUID seen = insert();
        Await.until("the first has it", SOON, () -> first.seen.contains(seen));
        assertThat(second.subscribed.get()).isNull();

        streams.close().block(SOON);
        Await.until("the second owns the name", SOON, () -> second.subscribed.get() != null);
        UUID later = insert();
        Await.until("and continues", SOON, () -> second.seen.contains(later));
        assertThat(first.error.get()).isNull();
        assertThat(second.seen).containsExactly(later);
    }

    /** The name is already owned, but its position cannot be read yet. */
    @Test
    void whoIsCancelledWhileOpeningGivesTheNameUp() throws Exception {
        streams.clients().reset("client", StartAt.beginning()).block(SOON);
        try (Connection blocking = DATABASE.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("LOCK TABLE datastore_changelog_state");
            Disposable opening = streams.watch(
                            datastore.healthEvents(),
                            options(OwnershipPolicy.TAKE_OVER).build())
                    .subscribe();
            Await.until("the name is owned", SOON, () -> leasedUntil() != null);
            opening.dispose();
            Await.until("the name has no owner", SOON, () -> leasedUntil() == null);
            blocking.rollback();
        }
    }

    @Test
    void whoIsCancelledWhileWaitingForTheNameDoesNotKeepIt() throws Exception {
        streams.clients().reset("client", StartAt.beginning()).block(SOON);
        try (Connection blocking = DATABASE.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("SELECT FROM resume_tokens FOR UPDATE");
            Disposable opening = streams.watch(
                            datastore.healthEvents(),
                            options(OwnershipPolicy.TAKE_OVER).build())
                    .subscribe();
            Await.until("the statement waits", SOON, OwnershipTest::isSomebodyWaiting);
            opening.dispose();
            blocking.rollback();
        }
        // The statement may complete, and is followed by another one that releases the name.
        Await.until("the name has no owner", SOON, () -> !isSomebodyWaiting() && leasedUntil() == null);
        new Owner(others, OwnershipPolicy.FAIL);
        Await.until("another one owns it", SOON, () -> leasedUntil() != null);
    }

    @Test
    void whoIsFencedReadsNoMore() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Await.until("the first listens", SOON, () -> listening(streams));
        Owner second = new Owner(others, OwnershipPolicy.TAKE_OVER);
        Await.until("the first is fenced", SOON, () -> first.error.get() != null);
        // The connection ends with the last reader.
        Await.until("the first listens no more", SOON, () -> !listening(streams));
        Await.until("the second listens", SOON, () -> listening(others));
        assertThat(second.error.get()).isNull();
    }

    private static boolean isSomebodyWaiting() {
        return !DATABASE.get()
                .queryForStrings("SELECT '1' FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND wait_event_type = 'Lock' AND query ~ '^UPDATE .*resume_tokens'")
                .isEmpty();
    }

    private static boolean listening(ChangeStreams streams) {
        return streams.status().block(SOON).listening();
    }

    @Test
    void closingEndsWhatWaitsForTheName() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Await.until("the first owns the name", SOON, () -> first.subscribed.get() != null);
        WatchOptions waiting = options(OwnershipPolicy.WAIT).build();
        StepVerifier.create(others.watch(datastore.healthEvents(), waiting)
                        .then()
                        .and(others.process(
                                datastore.healthEvents(),
                                waiting,
                                ProcessorOptions.defaults(),
                                change -> Mono.empty())))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(200))
                .then(() -> others.close().block(SOON))
                .expectComplete()
                .verify(SOON);
        assertThat(first.error.get()).isNull();
    }

    /** It waits for the row; a later statement acquires the row first. */
    @Test
    void whoIsCancelledBeforeAnotherComesTakesNothingFromHim() throws Exception {
        streams.clients().reset("client", StartAt.beginning()).block(SOON);
        try (Connection blocking = DATABASE.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("SELECT FROM resume_tokens FOR UPDATE");
            Disposable cancelled = streams.watch(
                            datastore.healthEvents(),
                            options(OwnershipPolicy.TAKE_OVER).build())
                    .subscribe();
            Await.until("it waits for the row", SOON, () -> waiting() == 1);
            cancelled.dispose();
            // As the statement of another would, if it came first.
            statement.execute("UPDATE resume_tokens SET epoch = nextval('resume_tokens_epoch_seq'), owner = 'another',"
                    + " leased_until = now() + interval '1 hour'");
            blocking.commit();
        }
        Await.until("no caller waits", SOON, () -> waiting() == 0);
        assertThat(leasedUntil()).isNotNull();
        assertThat(DATABASE.queryForString("SELECT owner FROM resume_tokens")).isEqualTo("another");
    }

    private static long waiting() {
        return Long.parseLong(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'"));
    }

    private static String leasedUntil() {
        return DATABASE.queryForString("SELECT leased_until FROM resume_tokens WHERE client_name = 'client'");
    }

    @Test
    void whoWaitsBecomesTheOwnerWhenTheEarlierOneIsDead() {
        DATABASE.execute("INSERT INTO resume_tokens (client_name, owner, last_seen, leased_until, resume_token)"
                + " SELECT 'client', 'the dead', now(), now() + interval '1 hour', json_build_object('version', 1,"
                + " 'incarnation', incarnation, 'position', 0, 'checkedRow', 0, 'digest', '')"
                + " FROM datastore_changelog_state");
        Owner waiting = new Owner(streams, OwnershipPolicy.WAIT);
        StepVerifier.create(others.watch(
                        datastore.healthEvents(), options(OwnershipPolicy.FAIL).build()))
                .expectError(ClientOwnedException.class)
                .verify(SOON);
        assertThat(waiting.subscribed.get()).isNull();
        DATABASE.execute("UPDATE resume_tokens SET leased_until = now() - interval '1 second'");
        Await.until("the waiting one owns the name", SOON, () -> waiting.subscribed.get() != null);
    }

    @Test
    void anOwnerStaysAliveWithoutAnythingToStore() {
        Owner owner = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Await.until("it owns the name", SOON, () -> owner.subscribed.get() != null);
        String before = lease();
        Await.until("its lease is renewed", SOON, () -> !lease().equals(before));
        assertThat(owner.error.get()).isNull();
    }

    @Test
    void whoMayNotTakeOverIsToldWhoOwnsTheName() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Await.until("the first owns the name", SOON, () -> first.subscribed.get() != null);
        StepVerifier.create(others.watch(
                        datastore.healthEvents(), options(OwnershipPolicy.FAIL).build()))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ClientOwnedException.class)
                        .hasMessageContaining("\"client\"")
                        .hasMessageContaining(
                                "process " + ProcessHandle.current().pid()))
                .verify(SOON);
        assertThat(first.error.get()).isNull();
    }

    /** Between the drawing of an epoch and the taking of the name its owner comes and goes. */
    @Test
    void whoMayNotTakeOverOwnsANameThatWasGivenUpMeanwhile() throws Exception {
        streams.clients().reset("client", StartAt.beginning()).block(SOON);
        Mono<Owned> opening;
        try (Connection blocking = DATABASE.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("SELECT FROM resume_tokens FOR UPDATE");
            opening = tokens().open("client", OwnershipPolicy.FAIL, Mono.never(), new ReleasableHandle())
                    .cache();
            opening.subscribe();
            Await.until("it waits for the row", SOON, () -> waiting() == 1);
            statement.execute("UPDATE resume_tokens SET epoch = nextval('resume_tokens_epoch_seq')");
            blocking.commit();
        }
        assertThat(opening.block(SOON)).isNotNull();
    }

    /** Sequences are not replicated where tables are. */
    @Test
    void aNameCanBeOpenedAtOnceAlsoWhereTheSequenceOfEpochsWasLeftBehind() {
        ResumeTokens tokens = tokens();
        tokens.giveUp(opened(tokens)).block(SOON);
        DATABASE.execute("UPDATE resume_tokens SET epoch = epoch + 100000 * 4294967296");
        Owned owned = opened(tokens);
        assertThat(DATABASE.queryForString("SELECT epoch FROM resume_tokens")).isEqualTo("" + owned.epoch());
        assertThat(DATABASE.queryForString("SELECT last_value >> 32 FROM resume_tokens_epoch_seq"))
                .isEqualTo("" + (owned.epoch() >> 32));
    }

    @Test
    void eachOwnerHasAHigherFencingTokenThanTheOneBefore() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        insert();
        Await.until("the change", SOON, () -> first.fencingTokens.size() == 1);
        Owner second = new Owner(others, OwnershipPolicy.TAKE_OVER);
        insert();
        Await.until("the change of the second", SOON, () -> !second.fencingTokens.isEmpty());
        assertThat(second.fencingTokens.get(0)).isGreaterThan(first.fencingTokens.get(0));
        assertThat(streams.watch(
                                datastore.healthEvents(),
                                WatchOptions.builder()
                                        .startAt(StartAt.beginning())
                                        .build())
                        .blockFirst(SOON)
                        .fencingToken())
                .as("without a client name")
                .isEmpty();
    }

    @Test
    void aClosedNameCanBeOpenedByAnybody() {
        Owner first = new Owner(streams, OwnershipPolicy.FAIL);
        Await.until("the first owns the name", SOON, () -> first.subscribed.get() != null);
        first.running.dispose();
        Owner second = new Owner(others, OwnershipPolicy.WAIT);
        Await.until("the second owns the name", SOON, () -> second.subscribed.get() != null);
        assertThat(second.error.get()).isNull();
    }

    @Test
    void aDeletedNameFencesItsOwnerForGood() {
        Owner first = new Owner(streams, OwnershipPolicy.TAKE_OVER);
        Await.until("the first owns the name", SOON, () -> first.subscribed.get() != null);
        DATABASE.execute("DELETE FROM resume_tokens");
        Owner second = new Owner(others, OwnershipPolicy.TAKE_OVER);
        Await.until("the second owns the name", SOON, () -> second.subscribed.get() != null);
        Await.until("the first is fenced", SOON, () -> first.error.get() != null);
        assertThat(first.error.get()).isInstanceOf(ClientFencedException.class);
        assertThat(second.error.get()).isNull();
    }

    private ResumeTokens tokens() {
        DefaultDatastore known = (DefaultDatastore) datastore;
        return new ResumeTokens(known.connections(), known.json(), "test", Schedulers.parallel());
    }

    private static Owned opened(ResumeTokens tokens) {
        UUID incarnation =
                UUID.fromString(DATABASE.queryForString("SELECT incarnation FROM datastore_changelog_state"));
        Position start = Position.at(incarnation, 0, null);
        return tokens.open("client", OwnershipPolicy.FAIL, Mono.just(start), new ReleasableHandle())
                .block(SOON);
    }

    private static WatchOptions.Builder options(OwnershipPolicy ownershipPolicy) {
        return WatchOptions.builder().clientName("client").ownershipPolicy(ownershipPolicy);
    }

    private final class Owner {

        private final List<UUID> seen = new CopyOnWriteArrayList<>();
        private final AtomicReference<ResumeToken> subscribed = new AtomicReference<>();
        private final AtomicReference<ResumeToken> last = new AtomicReference<>();
        private final AtomicReference<Throwable> error = new AtomicReference<>();
        private final List<Long> fencingTokens = new CopyOnWriteArrayList<>();
        private final Disposable running;

        Owner(ChangeStreams through, OwnershipPolicy ownershipPolicy) {
            WatchOptions options =
                    options(ownershipPolicy).onSubscribed(subscribed::set).build();
            running = through.watch(datastore.healthEvents(), options)
                    .doOnNext(change -> {
                        last.set(change.resumeToken());
                        fencingTokens.add(change.fencingToken().orElseThrow());
                        seen.add(change.recordId());
                        change.acknowledge();
                    })
                    .subscribe(change -> {}, error::set);
            if (ownershipPolicy != OwnershipPolicy.WAIT) {
                Await.until("it is subscribed", SOON, () -> subscribed.get() != null);
            }
        }

        ResumeToken last() {
            return last.get();
        }
    }

    private UUID insert() {
        return datastore
                .healthEvents()
                .insert(HealthEventDocument.of(
                        Instant.now(), HealthEvent.builder().nodeName("n").build()))
                .block(SOON);
    }

    private static long stored() {
        return Long.parseLong(DATABASE.queryForString("SELECT position FROM resume_tokens"));
    }

    private static String lease() {
        return DATABASE.queryForString("SELECT leased_until FROM resume_tokens");
    }
}
