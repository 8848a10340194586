// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

@Tag("surroundings")
@Tag("essential")
class ChangeStreamsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);

    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void deliversInsertUpdateAndDeleteOfARecordInOrder() throws Exception {
        List<ChangeEvent<HealthEventDocument>> seen = new CopyOnWriteArrayList<>();
        Disposable watch = watch(WatchOptions.builder(), seen);

        UUID id = datastore.healthEvents().insert(event("node-1")).block(SOON);
        datastore
                .healthEvents()
                .updateNodeQuarantineStatus(id, Status.QUARANTINED)
                .block(SOON);
        DATABASE.execute("DELETE FROM health_events WHERE id = '" + id + "'");
        Await.until("three changes", SOON, () -> seen.size() >= 3);
        watch.dispose();

        assertThat(seen)
                .extracting(ChangeEvent::operation)
                .containsExactly(Operation.INSERT, Operation.UPDATE, Operation.DELETE);
        assertThat(seen).allSatisfy(change -> assertThat(change.recordId()).isEqualTo(id));
        assertThat(seen.get(0).after().event().nodeName()).isEqualTo("node-1");
        assertThat(seen.get(1).updatedFields()).containsEntry("healtheventstatus.nodequarantined", "Quarantined");
        assertThat(seen.get(2).after()).isNull();
        assertThat(seen.get(2).before().status().nodeQuarantined()).isEqualTo(Status.QUARANTINED);
    }

    @Test
    void tellsTimeAndTransactionAsTheChangelogDoes() throws Exception {
        List<ChangeEvent<HealthEventDocument>> seen = new CopyOnWriteArrayList<>();
        watch(WatchOptions.builder(), seen);
        UUID id = datastore.healthEvents().insert(event("timed")).block(SOON);
        Await.until("the change", SOON, () -> seen.size() == 1);
        ChangeEvent<HealthEventDocument> change = seen.get(0);
        assertThat(DATABASE.get()
                        .queryForStrings(
                                "SELECT xid || ' ' || to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
                                        + " FROM datastore_changelog WHERE record_id = ?",
                                id))
                .containsExactly(change.transactionId() + " "
                        + DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS")
                                .format(change.changedAt().atOffset(ZoneOffset.UTC)));
    }

    @Test
    void resumesByClientNameWithExactlyTheChangesMissed() throws Exception {
        List<ChangeEvent<HealthEventDocument>> first = new CopyOnWriteArrayList<>();
        watch(WatchOptions.builder().clientName("client"), first);
        UUID seenBefore = datastore.healthEvents().insert(event("node-1")).block(SOON);
        Await.until("the first change", SOON, () -> first.size() == 1);
        first.get(0).acknowledge();
        streams.close().block(SOON);

        List<UUID> missed = datastore
                .healthEvents()
                .insertMany(List.of(event("node-2"), event("node-3")))
                .block(SOON);

        streams = ChangeStreams.of(datastore);
        List<ChangeEvent<HealthEventDocument>> second = new CopyOnWriteArrayList<>();
        watch(WatchOptions.builder().clientName("client"), second);
        UUID later = datastore.healthEvents().insert(event("node-4")).block(SOON);
        Await.until("the later change", SOON, () -> second.stream().anyMatch(c -> later.equals(c.recordId())));

        assertThat(first).extracting(ChangeEvent::recordId).containsExactly(seenBefore);
        assertThat(second).extracting(ChangeEvent::recordId).containsExactly(missed.get(0), missed.get(1), later);
    }

    @Test
    void redeliversWhatWasNotAcknowledged() throws Exception {
        List<ChangeEvent<HealthEventDocument>> first = new CopyOnWriteArrayList<>();
        watch(WatchOptions.builder().clientName("careless"), first);
        List<UUID> ids = datastore
                .healthEvents()
                .insertMany(List.of(event("a"), event("b"), event("c")))
                .block(SOON);
        Await.until("all changes", SOON, () -> first.size() == 3);
        first.get(0).acknowledge();
        first.get(2).acknowledge();
        streams.close().block(SOON);

        streams = ChangeStreams.of(datastore);
        StepVerifier.create(streams.watch(
                                datastore.healthEvents(),
                                WatchOptions.builder().clientName("careless").build())
                        .map(ChangeEvent::recordId)
                        .take(2))
                .expectNext(ids.get(1), ids.get(2))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void deliversAnEarlierTransactionThatCommitsLater() throws Exception {
        List<ChangeEvent<HealthEventDocument>> seen = new CopyOnWriteArrayList<>();
        watch(WatchOptions.builder(), seen);
        try (var slow = DATABASE.connect();
                var statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"slow\"}}')");
            datastore.healthEvents().insert(event("fast")).block(SOON);
            slow.commit();
        }
        Await.until("both changes", SOON, () -> seen.size() >= 2);
        assertThat(seen).extracting(change -> change.after().event().nodeName()).containsExactly("slow", "fast");
    }

    private Disposable watch(WatchOptions.Builder options, List<ChangeEvent<HealthEventDocument>> into)
            throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        Disposable watch = streams.watch(
                        datastore.healthEvents(),
                        options.onSubscribed(token -> subscribed.countDown()).build())
                .subscribe(into::add);
        assertThat(subscribed.await(20, TimeUnit.SECONDS)).isTrue();
        return watch;
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.now(),
                HealthEvent.builder().nodeName(node).checkName("GpuXidError").build());
    }
}
