// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where a named client goes on, and whose the name is. */
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
                    .map(change -> change.document().event().nodeName())
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
        earlier.awaitNode("of the later owner");
        long acknowledged = position(later.received.get(1));
        Await.until("the later owner's position", SOON, () -> stored() == acknowledged);

        earlier.received.get(0).acknowledge();
        Await.until("the end of the earlier owner", SOON, () -> earlier.failure.get() != null);
        assertThat(earlier.failure.get()).isInstanceOf(ClientFencedException.class);
        assertThat(stored()).isEqualTo(acknowledged);
        insert("the last");
        later.awaitNode("the last");
        assertThat(later.failure.get()).isNull();
        assertThat(later.nodes()).containsExactly("of the earlier owner", "of the later owner", "the last");
    }

    private static long position(ChangeEvent<?> event) {
        return event.resumeToken().position().id();
    }

    private static long stored() {
        return Long.parseLong(DATABASE.queryForString(
                "SELECT resume_token ->> 'position' FROM resume_tokens WHERE client_name = 'contested'"));
    }

    private static void insert(String node) {
        DATABASE.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }
}
