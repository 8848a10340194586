// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.KeyedCalls.Done;
import io.nvsentinel.changestream.internal.process.Lanes;
import io.nvsentinel.changestream.processing.GroupMismatchException;
import io.nvsentinel.changestream.processing.PermanentException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/** Processes that share a client name: every change is handled, in order for each key, by one of them at a time. */
@Tag("slow")
class GroupTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String SHARES = "SELECT owner FROM resume_tokens"
            + " WHERE group_name = 'drainers' AND leased_until > clock_timestamp() ORDER BY client_name";
    private static final String BEATS = "SELECT min(leased_until) FROM group_members";
    private static final int KEYS = 24;
    private static final AtomicLong EFFECT = new AtomicLong();

    private final KeyedCalls calls = new KeyedCalls();
    private final List<GroupMember> members = new ArrayList<>();
    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM handled_changes; DELETE FROM dead_letters;"
                + " DELETE FROM group_members; DELETE FROM maintenance_events");
        datastore = Databases.connect(DATABASE.get());
    }

    @AfterEach
    void close() {
        members.forEach(GroupMember::close);
        datastore.close().block(SOON);
    }

    @Test
    void aGroupOfFourThatLosesTwoHandlesEveryChangeInOrderAndNoneTwiceAtATime() {
        GroupMember staying = member("a").join(8, calls);
        await(8, "a");
        GroupMember leaving = member("b").join(8, calls);
        GroupMember cut = member("c").join(8, calls);
        member("d").join(8, calls);
        await(2, "a", "b", "c", "d");
        Writers writers = new Writers();
        Await.until("all keys are at work", SOON, () -> calls.keys().size() == KEYS);

        leaving.leave();
        assertThat(leaving.ended).isTrue();
        assertThat(leaving.failure.get()).isNull();
        await(2, "a", "c", "d");
        cut.proxy.blackHole();
        await(4, "a", "d");
        writers.writeMore(100);
        cut.proxy.heal();
        cut.proxy.cut();
        await(2, "a", "c", "d");
        writers.writeMore(100);
        long written = writers.stop();

        Await.until("every change is handled", SOON, calls::distinct, distinct -> distinct == written);
        assertThat(calls.overlaps).isEmpty();
        calls.keys().forEach(key -> assertOrder(key, Set.of("b"), calls.of(key)));
        assertThat(staying.failure.get()).isNull();
        assertThat(cut.failure.get()).isNull();
    }

    /** Versions are consecutive; only another member, or a disconnected one, may start again at an earlier one. */
    private static void assertOrder(String key, Set<String> graceful, List<Done> all) {
        int next = 0;
        Done last = new Done("", -1);
        for (Done done : all) {
            boolean again = done.version() < next;
            assertThat(done.version()).as(key + " in " + all).isLessThanOrEqualTo(next);
            if (again) {
                boolean isHandOver =
                        !done.member().equals(last.member()) || done.member().equals("c");
                assertThat(isHandOver && !graceful.contains(last.member()) || done.version() == last.version() + 1)
                        .as(key + " again at " + done + " in " + all)
                        .isTrue();
            }
            next = Math.max(next, done.version() + 1);
            last = done;
        }
    }

    @Test
    void whoIsCutOffCancelsItsHandlersBeforeAnotherBegins() {
        GroupMember cut = member("c").join(1, calls);
        await(1, "c");
        calls.block("n");
        insert("n", 0);
        Await.until("the handler is at work", SOON, () -> "c".equals(calls.atWork("n")));
        member("a").join(1, calls);
        cut.proxy.blackHole();
        Await.until("another handles it", SOON, () -> "a".equals(calls.atWork("n")));
        assertThat(calls.cancelled).containsExactly("n");
        assertThat(calls.overlaps).isEmpty();
        calls.release("n");
        Await.until("it is handled", SOON, () -> calls.of("n").contains(new Done("a", 0)));
        cut.proxy.heal();
        cut.proxy.cut();
    }

    @Test
    void aPartitionIsHandedOverWhenItsHandlersHaveComeToTheirEnd() {
        member("a").join(2, calls);
        await(2, "a");
        List<String> keys = List.of(keyOf(0), keyOf(1));
        keys.forEach(calls::block);
        keys.forEach(key -> insert(key, 0));
        keys.forEach(key -> Await.until(key + " is begun", SOON, () -> "a".equals(calls.atWork(key))));
        member("b").join(2, calls);
        for (int i = 0; i < 3; i++) {
            String before = DATABASE.queryForString(BEATS);
            Await.until(
                    "all members look again", SOON, () -> DATABASE.queryForString(BEATS), now -> !now.equals(before));
        }
        assertThat(owners()).containsExactly("a", "a");
        keys.forEach(calls::release);
        await(1, "a", "b");
        keys.forEach(key -> assertThat(calls.of(key)).containsExactly(new Done("a", 0)));
        assertThat(calls.cancelled).isEmpty();
    }

    @Test
    void sharesBecomeEvenWhenMembersJoinAndLeave() {
        GroupMember first = member("a").join(12, calls);
        await(12, "a");
        member("b").join(12, calls);
        await(6, "a", "b");
        member("c").join(12, calls);
        member("d").join(12, calls);
        await(3, "a", "b", "c", "d");
        first.leave();
        await(4, "b", "c", "d");
    }

    @Test
    void hearsOfPartitionsThatAreTakenHandedOverAndLost() {
        GroupMember first = member("a").join(4, calls);
        await(4, "a");
        Await.until("all are taken", SOON, () -> first.heard("taken drainers") == 4);
        GroupMember second = member("b").join(4, calls);
        await(2, "a", "b");
        Await.until("half is taken", SOON, () -> second.heard("taken drainers") == 2);
        Await.until("half is handed over", SOON, () -> first.heard("handed over drainers") == 2);
        assertThat(first.heard("lost drainers")).isZero();

        second.proxy.blackHole();
        await(4, "a");
        Await.until("the other half is lost", SOON, () -> second.heard("lost drainers") == 2);
        Await.until("all are taken again", SOON, () -> first.heard("taken drainers") == 6);
        assertThat(second.heard("handed over drainers")).isZero();
        second.proxy.heal();
        second.proxy.cut();
    }

    @Test
    void deadLettersOfPartitionsThatAreNoMoreAreReplayed() {
        GroupMember first = member("a");
        ProcessorOptions sharing = GroupMember.sharing(8);
        first.run(first.streams.process(
                first.datastore.healthEvents(),
                GroupMember.watching(),
                sharing,
                change -> Mono.error(PermanentException.of(new IllegalStateException("broken")))));
        await(8, "a");
        IntStream.range(0, KEYS).forEach(i -> insert("n" + i, 0));
        Await.until("all are released", SOON, () -> letters(first) == KEYS);
        assertThat(count("SELECT count(DISTINCT client_name) FROM dead_letters"))
                .isGreaterThan(2);
        first.streams.clients().delete(GroupMember.GROUP).block(SOON);
        assertThat(first.failed()).isInstanceOf(ClientFencedException.class);

        GroupMember second = member("b").join(2, calls);
        await(2, "b");
        assertThat(second.streams.deadLetters().replayAll(GroupMember.GROUP).block(SOON))
                .isEqualTo(KEYS);
        Await.until("all are handled", SOON, () -> calls.distinct() == KEYS);
        Await.until("none is left", SOON, () -> letters(second) == 0);
        assertThat(calls.overlaps).isEmpty();
    }

    private static long letters(GroupMember member) {
        return member.streams.deadLetters().list(GroupMember.GROUP).count().block(SOON);
    }

    @Test
    void aDocumentThatCannotBeDecodedIsOneDeadLetterOfTheGroup() {
        GroupMember member = member("a").join(4, calls);
        await(4, "a");
        DATABASE.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":[1]}}')");
        IntStream.range(0, KEYS).forEach(i -> insert("n" + i, 0));
        Await.until("all others are handled", SOON, () -> calls.distinct() == KEYS);
        Await.until("it is put aside", SOON, () -> letters(member) == 1);
        assertThat(member.ended).isFalse();
    }

    @Test
    void closingGivesEverythingUpAtOnce() {
        GroupMember member = member("a").join(4, calls);
        await(4, "a");
        member.leave();
        assertThat(member.ended).isTrue();
        assertThat(DATABASE.queryForString("SELECT count(*) FROM resume_tokens WHERE leased_until IS NOT NULL"))
                .isEqualTo("0");
        assertThat(DATABASE.queryForString("SELECT count(*) FROM group_members"))
                .isEqualTo("0");
    }

    @Test
    void theNumberOfPartitionsIsFixed() {
        member("a").join(4, calls);
        await(4, "a");
        assertThat(member("b").join(8, calls).failed())
                .isInstanceOfSatisfying(GroupMismatchException.class, mismatch -> {
                    assertThat(mismatch.partitions()).isEqualTo(4);
                    assertThat(mismatch).hasMessage("The group \"drainers\" has 4 partitions, and not 8");
                });
        assertThat(owners()).hasSize(4);
    }

    @Test
    void aNameThatIsSharedCannotBeOwnedAlone() {
        member("a").join(2, calls);
        await(2, "a");
        assertThat(alone(member("b")).failed()).isInstanceOf(GroupMismatchException.class);
        assertThat(owners()).hasSize(2);
    }

    @Test
    void aGroupGoesOnWhereItsNameLeftOffAlone() {
        GroupMember alone = alone(member("a"));
        Await.until("it is known", SOON, () -> count("SELECT count(*) FROM resume_tokens") == 1);
        insert("n0", 0);
        Await.until("it is handled", SOON, () -> calls.of("n0").size() == 1);
        alone.leave();
        insert("n0", 1);
        member("b").join(3, calls);
        Await.until("the group continues", SOON, () -> calls.of("n0").size() == 2);
        assertThat(calls.of("n0")).containsExactly(new Done("a", 0), new Done("b", 1));
        assertThat(DATABASE.get().queryForStrings("SELECT client_name FROM resume_tokens ORDER BY 1"))
                .containsExactly("drainers#0", "drainers#1", "drainers#2");
    }

    @Test
    void aGroupGoesOnByItselfFromWhereItIsReset() {
        GroupMember member = member("a").join(3, calls);
        await(3, "a");
        IntStream.range(0, 6).forEach(i -> insert("n" + i, 0));
        Await.until("all are handled", SOON, () -> calls.distinct() == 6);
        member.streams.clients().reset(GroupMember.GROUP, StartAt.beginning()).block(SOON);
        IntStream.range(0, 6)
                .forEach(i -> Await.until("again", SOON, () -> calls.of("n" + i).size() >= 2));
        assertThat(member.ended).isFalse();
    }

    @Test
    void aGroupThatIsDeletedEnds() {
        GroupMember member = member("a").join(3, calls);
        await(3, "a");
        assertThat(member.streams.clients().delete(GroupMember.GROUP).block(SOON))
                .isTrue();
        assertThat(member.failed()).isInstanceOf(ClientFencedException.class);
        assertThat(count("SELECT count(*) FROM resume_tokens")).isZero();
    }

    @Test
    void aChangeThatCannotBeHandledStopsItsMemberWhichGivesUpAllItHas() {
        GroupMember member = member("a");
        member.run(member.streams.process(
                member.datastore.healthEvents(),
                GroupMember.watching(),
                GroupMember.sharing(4),
                change -> Mono.error(new IllegalStateException("broken"))));
        await(4, "a");
        insert("n", 0);
        assertThat(member.failed()).hasRootCauseMessage("broken");
        Await.until("all partitions are released", SOON, () -> owners().isEmpty());
        member("b").join(4, calls);
        Await.until("another handles it", SOON, () -> calls.of("n").size() == 1);
    }

    @Test
    void effectsInTransactionsHappenOnceWhileMembersComeAndGo() {
        GroupMember first = effecting(member("a"));
        await(6, "a");
        Writers writers = new Writers();
        writers.writeMore(50);
        GroupMember cut = effecting(member("c"));
        effecting(member("b"));
        await(2, "a", "b", "c");
        writers.writeMore(50);
        cut.proxy.blackHole();
        await(3, "a", "b");
        cut.proxy.heal();
        cut.proxy.cut();
        first.leave();
        await(3, "b", "c");
        writers.writeMore(50);
        long written = writers.stop();
        String effects = "SELECT count(DISTINCT cluster_name) FROM maintenance_events";
        Await.until("every effect", SOON, () -> count(effects), distinct -> distinct == written);
        assertThat(count("SELECT count(*) FROM maintenance_events")).isEqualTo(written);
    }

    private GroupMember effecting(GroupMember member) {
        ProcessorOptions options = GroupMember.sharing(6);
        return member.run(member.streams.processInTransaction(
                member.datastore.healthEvents(), GroupMember.watching(), options, (change, session) -> {
                    HealthEvent event = change.after().event();
                    String effect = event.nodeName() + " " + event.checkName();
                    return session.maintenanceEvents()
                            .insert(MaintenanceEvent.builder()
                                    .eventId(effect + " " + EFFECT.incrementAndGet())
                                    .clusterName(effect)
                                    .build())
                            .then();
                }));
    }

    private static String keyOf(int partition) {
        return IntStream.range(0, 100)
                .mapToObj(i -> "n" + i)
                .filter(key -> Lanes.partition(key, 2) == partition)
                .findFirst()
                .orElseThrow();
    }

    private GroupMember alone(GroupMember member) {
        return member.run(member.streams.process(
                member.datastore.healthEvents(),
                GroupMember.watching(),
                ProcessorOptions.defaults(),
                change -> calls.handle(member.name, change)));
    }

    private GroupMember member(String name) {
        GroupMember member = new GroupMember(DATABASE.get(), name);
        members.add(member);
        return member;
    }

    /** Waits until only these members own partitions, at least the given number each. */
    private static void await(int least, String... names) {
        Await.until(
                least + " for each of " + List.of(names),
                SOON,
                GroupTest::owners,
                owners -> Set.copyOf(owners).equals(Set.of(names))
                        && Stream.of(names)
                                .allMatch(name ->
                                        owners.stream().filter(name::equals).count() >= least));
    }

    private static List<String> owners() {
        return DATABASE.get().queryForStrings(SHARES).stream()
                .map(owner -> owner.replaceFirst("application \"(\\w+)\".*", "$1"))
                .toList();
    }

    private static long count(String sql) {
        return Long.parseLong(DATABASE.queryForString(sql));
    }

    private void insert(String node, int version) {
        write(node, version).block(SOON);
    }

    private Mono<Void> write(String node, int version) {
        HealthEvent event = HealthEvent.builder()
                .nodeName(node)
                .checkName(String.valueOf(version))
                .build();
        return datastore
                .healthEvents()
                .insert(HealthEventDocument.of(Instant.now(), event))
                .then();
    }

    /** Two writers with disjoint keys, each of which writes successive versions of each key. */
    private final class Writers {

        private final AtomicBoolean stopping = new AtomicBoolean();
        private final AtomicLong written = new AtomicLong();
        private final AtomicLong running = new AtomicLong(2);
        private final List<Disposable> both = List.of(write(0), write(KEYS / 2));

        private Disposable write(int from) {
            int keys = KEYS / 2;
            return Flux.generate(() -> 0, (Integer next, SynchronousSink<Integer> sink) -> {
                        if (stopping.get()) {
                            sink.complete();
                        } else {
                            sink.next(next);
                        }
                        return next + 1;
                    })
                    .concatMap(
                            i -> GroupTest.this
                                    .write("n" + (from + i % keys), i / keys)
                                    .doOnSuccess(done -> written.incrementAndGet()),
                            1)
                    .doOnComplete(running::decrementAndGet)
                    .subscribe();
        }

        void writeMore(int changes) {
            long before = written.get();
            Await.until("more is written", SOON, () -> written.get() >= before + changes);
        }

        long stop() {
            stopping.set(true);
            Await.until("the writers end", SOON, () -> both.stream().allMatch(Disposable::isDisposed));
            assertThat(running).as("writers that failed").hasValue(0);
            return written.get();
        }
    }
}
