// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.processing.DeadLetter;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Documents that are larger than this datastore accepts, stored by another program. */
class LargeDocumentTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MOST = 2000;

    /** Bytes beside the value of a. */
    private static final int AROUND = "{\"a\": \"\"}".length();

    private final List<UndecodableChange> undecodable = new CopyOnWriteArrayList<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private Datastore datastore;
    private ChangeStreams streams;
    private DocumentCollection<Map<String, Object>> things;

    @BeforeEach
    void open() {
        datastore = Datastore.connect(
                        Databases.options(DATABASE.get()).maxDocumentBytes(MOST).build())
                .block(SOON);
        datastore.createCollection("things").block(SOON);
        DATABASE.execute("TRUNCATE things");
        streams = ChangeStreams.of(datastore);
        things = datastore.collection("things", DocumentCodec.ofTrees());
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void aChangeWithOneIsUndecodableAndTheNextOneArrives() {
        watch(StartAt.now(), Filter.all());
        store("'" + "x".repeat(MOST - AROUND) + "'");
        store("'" + "x".repeat(MOST - AROUND + 1) + "'");
        store("repeat('x', 3000000)");
        store("(SELECT jsonb_agg(1e900) FROM generate_series(1, 3))");
        DATABASE.execute("UPDATE things SET data = '{\"a\": \"small\"}'");
        store("'last'");
        Await.until("the last change", SOON, () -> seen.contains("INSERT last"));
        assertThat(seen).containsExactly("INSERT " + "x".repeat(MOST - AROUND), "UPDATE small", "INSERT last");
        assertThat(undecodable)
                .extracting(UndecodableChange::operation)
                .containsExactly(
                        Operation.INSERT,
                        Operation.INSERT,
                        Operation.INSERT,
                        Operation.UPDATE,
                        Operation.UPDATE,
                        Operation.UPDATE);
        assertThat(undecodable)
                .extracting(change -> change.error().getMessage().replaceFirst(".*\\) has ", "has "))
                .startsWith(
                        sized(MOST + 1), sized(3_000_000 + AROUND), sized(3 * 901 + 2 * 2 + "{\"a\": []}".length()));
    }

    private static String sized(int bytes) {
        return "has " + bytes + " bytes, more than maxDocumentBytes, and was not read";
    }

    @Test
    void noFilterJudgesOne() {
        watch(StartAt.now(), Filter.not(Filter.eq("fullDocument.a", "y")));
        store("repeat('x', 3000)");
        store("'last'");
        Await.until("the last change", SOON, () -> seen.contains("INSERT last"));
        assertThat(undecodable).hasSize(1);
    }

    @Test
    void aSnapshotReportsOne() {
        store("repeat('x', 3000)");
        store("'last'");
        watch(StartAt.snapshot(), Filter.all());
        Await.until("the record", SOON, () -> seen.contains("SNAPSHOT last"));
        assertThat(undecodable).hasSize(1);
    }

    @Test
    void aProcessorStoresADeadLetterWithItsSize() {
        streams.clients().reset("large", StartAt.now()).block(SOON);
        Disposable processor = streams.process(
                        things,
                        WatchOptions.builder().clientName("large").build(),
                        ProcessorOptions.builder()
                                .onFailure(OnFailure.DEAD_LETTER)
                                .build(),
                        change -> Mono.<Void>fromRunnable(
                                () -> seen.add(String.valueOf(change.after().get("a")))))
                .subscribe();
        store("repeat('x', 3000)");
        store("'last'");
        Await.until("the last change", SOON, () -> seen.contains("last"));
        List<DeadLetter> letters =
                streams.deadLetters().list("large").collectList().block(SOON);
        assertThat(letters)
                .singleElement()
                .satisfies(letter -> assertThat(letter.errorMessage()).contains("has 3009 bytes"));
        processor.dispose();
    }

    private void watch(StartAt start, Filter filter) {
        WatchOptions options = WatchOptions.builder()
                .startAt(start)
                .filter(filter)
                .onUndecodable(undecodable::add)
                .onSubscribed(token -> seen.add("subscribed"))
                .build();
        streams.watch(things, options)
                .subscribe(change ->
                        seen.add(change.operation() + " " + change.after().get("a")));
        Await.until("the subscription", SOON, () -> seen.remove("subscribed"));
    }

    private static void store(String value) {
        DATABASE.execute("INSERT INTO things (data) SELECT jsonb_build_object('a', " + value + ")");
    }
}
