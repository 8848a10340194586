// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** A datastore and its change streams, new for each test and closed after it. */
final class TestStreams implements BeforeEachCallback, AfterEachCallback {

    static final Duration SOON = Duration.ofSeconds(30);

    private final PostgresDatabase database;
    private final ChangeStreamOptions options;
    private Datastore datastore;
    private ChangeStreams streams;

    TestStreams(PostgresDatabase database, ChangeStreamOptions.Builder options) {
        this.database = database;
        this.options = options.build();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        datastore = Databases.connect(database.get());
        streams = ChangeStreams.of(datastore, options);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    Datastore datastore() {
        return datastore;
    }

    ChangeStreams get() {
        return streams;
    }

    /** A collection over any captured table, with documents as trees. */
    DocumentCollection<Map<String, Object>> collection(String table) {
        JsonCodec json = JsonCodec.jackson3();
        DocumentCodec<Map<String, Object>> codec =
                DocumentCodec.ofTree(json, UnaryOperator.identity(), UnaryOperator.identity());
        return datastore.collection(table, codec);
    }

    /** As a restarted process would. */
    void restart() {
        streams.close().block(SOON);
        streams = ChangeStreams.of(datastore, options);
    }

    /** Watches, and returns when it is subscribed. */
    <E> Seen<E> watch(WatchOptions.Builder options, Function<WatchOptions, Flux<E>> watch) {
        CountDownLatch subscribed = new CountDownLatch(1);
        Seen<E> seen = new Seen<>();
        seen.watch = watch.apply(
                        options.onSubscribed(token -> subscribed.countDown()).build())
                .subscribe(seen.events::add, error -> seen.error = error, () -> seen.completed = true);
        try {
            assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException("Interrupted", e);
        }
        return seen;
    }

    Seen<ChangeEvent<HealthEventDocument>> watchHealth(WatchOptions.Builder options) {
        return watch(options, built -> streams.watch(datastore.healthEvents(), built));
    }

    /** A token for a position without a check of its row. */
    ResumeToken tokenAt(long position) {
        String incarnation = database.get()
                .queryForStrings("SELECT incarnation::text FROM datastore_changelog_state")
                .get(0);
        return new ResumeToken(Position.at(UUID.fromString(incarnation), position, null));
    }

    String insertHealth(String node) {
        return insert("health_events", "{\"healthevent\":{\"nodeName\":\"" + node + "\"}}");
    }

    /** Stores a document and gives its id. */
    String insert(String table, String json) {
        return database.get()
                .queryForStrings("INSERT INTO " + table + " (data) VALUES ('" + json + "') RETURNING id::text")
                .get(0);
    }

    /** What a watch has emitted so far. */
    static final class Seen<E> {

        final List<E> events = new CopyOnWriteArrayList<>();
        volatile Throwable error;
        volatile boolean completed;
        private Disposable watch;

        void cancel() {
            watch.dispose();
        }

        List<E> await(int count) {
            Await.until(count + " events", SOON, () -> error != null || events.size() >= count);
            if (error != null && events.size() < count) {
                throw new AssertionError("The watch ended after " + events.size() + " events", error);
            }
            assertThat(events).hasSize(count);
            return events;
        }

        Throwable awaitError() {
            return Await.until("an error", SOON, () -> error, thrown -> thrown != null);
        }
    }
}
