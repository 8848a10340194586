// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Methods that handle changes, against a server. */
@Tag("essential")
class ChangeHandlerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(30);

    /** Handlers get what is inserted before they have started, too. */
    private static ApplicationContextRunner runner() {
        return TestProperties.runner()
                .withPropertyValues(TestProperties.of(DATABASE))
                .withBean(
                        "start",
                        ChangeHandlerCustomizer.class,
                        () -> (client, watch, processing) -> watch.startAt(StartAt.beginning()));
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.parse("2026-01-01T00:00:00Z"),
                HealthEvent.builder().nodeName(node).checkName("GpuXidError").build());
    }

    static class Reactive {

        final Queue<String> nodes = new ConcurrentLinkedQueue<>();

        @ChangeHandler(client = "${app.client}", concurrency = 8, onFailure = OnFailure.DEAD_LETTER, maxAttempts = 1)
        Mono<Void> on(ChangeEvent<HealthEventDocument> change) {
            String node = String.valueOf(
                    Objects.requireNonNull(change.after()).event().nodeName());
            return node.equals("bad")
                    ? Mono.error(new IllegalStateException("bad node"))
                    : Mono.fromRunnable(() -> nodes.add(node));
        }
    }

    @Test
    void aHandlerReceivesWhatIsInsertedAndFailuresBecomeDeadLetters() {
        runner().withBean(Reactive.class)
                .withPropertyValues("app.client=reactive")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    HealthEventStore events = context.getBean(HealthEventStore.class);
                    events.insert(event("bad"))
                            .then(events.insert(event("good")))
                            .block();

                    assertThat(events.findByNode("good").count().block()).isEqualTo(1);
                    Queue<String> nodes = context.getBean(Reactive.class).nodes;
                    Await.until(
                            "the handler gets the event",
                            SOON,
                            () -> List.copyOf(nodes),
                            received -> received.contains("good"));
                    ChangeStreams streams = context.getBean(ChangeStreams.class);
                    assertThat(streams.deadLetters().list("reactive").count().block())
                            .isEqualTo(1);
                    assertThat(nodes).doesNotContain("bad");
                });
        assertThat(DATABASE.queryForString(
                        "SELECT leased_until IS NULL FROM resume_tokens WHERE client_name = 'reactive'"))
                .as("released when the context closes")
                .isIn("t", "true");
    }

    static class Blocking {

        final Queue<String> threads = new ConcurrentLinkedQueue<>();

        @ChangeHandler(client = "blocking")
        void on(ChangeEvent<HealthEventDocument> change) {
            Thread thread = Thread.currentThread();
            threads.add(thread.getName() + " may block: " + !Schedulers.isInNonBlockingThread());
        }
    }

    @Test
    void aVoidHandlerMayBlock() {
        runner().withBean(Blocking.class).run(context -> {
            context.getBean(HealthEventStore.class).insert(event("n")).block();
            Queue<String> threads = context.getBean(Blocking.class).threads;
            Await.until("it is called", SOON, () -> !threads.isEmpty());
            assertThat(threads)
                    .allSatisfy(thread ->
                            assertThat(thread).startsWith("boundedElastic").endsWith("may block: true"));
        });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void aVoidHandlerRunsOnAVirtualThreadIfSpringHasThem() {
        runner().withBean(Blocking.class)
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .run(context -> {
                    context.getBean(HealthEventStore.class).insert(event("n")).block();
                    Queue<String> threads = context.getBean(Blocking.class).threads;
                    Await.until("it is called", SOON, () -> !threads.isEmpty());
                    assertThat(threads).allSatisfy(thread -> assertThat(thread).startsWith("change-handler-"));
                });
    }

    static class Transactional {

        @ChangeHandler(client = "transactional", collection = "notes")
        Mono<Void> on(ChangeEvent<Map<String, @Nullable Object>> change, DatastoreSession session) {
            return session.collection("copies", DocumentCodec.ofTrees())
                    .insert(Objects.requireNonNull(change.after()))
                    .then();
        }
    }

    @Test
    void aHandlerWithASessionWritesInItsTransaction() {
        ChangeHandlerCustomizer onlyWanted =
                (client, watch, processing) -> watch.filter(Filter.eq("fullDocument.wanted", true));
        runner().withBean(Transactional.class)
                .withBean("onlyWanted", ChangeHandlerCustomizer.class, () -> onlyWanted)
                .withInitializer(context -> createCollections())
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Datastore datastore = context.getBean(Datastore.class);
                    var notes = datastore.collection("notes", DocumentCodec.ofTrees());
                    notes.insert(Map.of("wanted", false))
                            .then(notes.insert(Map.of("wanted", true)))
                            .block();
                    Await.until(
                            "it is copied",
                            SOON,
                            () -> DATABASE.queryForString("SELECT string_agg(data::text, '') FROM copies"),
                            "{\"wanted\": true}"::equals);
                });
    }

    private static void createCollections() {
        runner().run(context -> {
            Datastore datastore = context.getBean(Datastore.class);
            datastore
                    .createCollection("notes")
                    .then(datastore.createCollection("copies"))
                    .block();
        });
    }

    static class Grouped {

        final Queue<String> nodes = new ConcurrentLinkedQueue<>();

        @ChangeHandler(client = "grouped", group = 2)
        Mono<Void> on(ChangeEvent<HealthEventDocument> change) {
            return Mono.fromRunnable(() -> nodes.add(change.collection()));
        }
    }

    @Test
    void aGroupHandlesByPartitions() {
        runner().withBean(Grouped.class).run(context -> {
            context.getBean(HealthEventStore.class).insert(event("n")).block();
            Queue<String> nodes = context.getBean(Grouped.class).nodes;
            Await.until("it is called", SOON, () -> nodes.contains("health_events"));
            assertThat(DATABASE.queryForString("SELECT count(*) FROM resume_tokens WHERE client_name LIKE 'grouped#%'"))
                    .isEqualTo("2");
        });
    }

    static class Flaky {

        final Queue<Integer> calls = new ConcurrentLinkedQueue<>();
        final Queue<String> nodes = new ConcurrentLinkedQueue<>();

        @ChangeHandler(client = "flaky", maxAttempts = 1)
        void on(ChangeEvent<HealthEventDocument> change) {
            calls.add(1);
            if (calls.size() == 1) {
                throw new IllegalStateException("only once");
            }
            nodes.add(String.valueOf(
                    Objects.requireNonNull(change.after()).event().nodeName()));
        }
    }

    @Test
    void handlingThatStopsIsStartedAgain() {
        runner().withBean(Flaky.class).run(context -> {
            context.getBean(HealthEventStore.class).insert(event("flaky")).block();
            Queue<String> nodes = context.getBean(Flaky.class).nodes;
            Await.until("it is handled", SOON, () -> nodes.contains("flaky"));
        });
    }

    static class Owner {

        final Queue<String> nodes = new ConcurrentLinkedQueue<>();

        @ChangeHandler(client = "owner")
        void on(ChangeEvent<HealthEventDocument> change) {
            nodes.add(String.valueOf(
                    Objects.requireNonNull(change.after()).event().nodeName()));
        }
    }

    @Test
    void anInstanceWaitsForTheOwnerOfTheClientName() {
        Owner earlier = new Owner();
        Owner later = new Owner();
        runner().withBean("handler", Owner.class, () -> earlier).run(first -> {
            first.getBean(HealthEventStore.class).insert(event("one")).block();
            Await.until("the first instance owns the name", SOON, () -> earlier.nodes.contains("one"));
            runner().withBean("handler", Owner.class, () -> later).run(second -> {
                HealthEventStore events = second.getBean(HealthEventStore.class);
                events.insert(event("two")).block();
                Await.until("the first instance still owns it", SOON, () -> earlier.nodes.contains("two"));
                first.close();
                events.insert(event("three")).block();
                Await.until("the second instance owns it", SOON, () -> later.nodes.contains("three"));
                assertThat(earlier.nodes).doesNotContain("three");
                assertThat(later.nodes).doesNotContain("one", "two");
            });
        });
    }
}
