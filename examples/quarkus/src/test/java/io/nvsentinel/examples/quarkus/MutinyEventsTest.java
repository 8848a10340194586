// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.Filter;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MutinyEventsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(60);

    private MutinyEvents events;

    @BeforeEach
    void connect() {
        TestDatabase database = DATABASE.get();
        Datastore datastore = Objects.requireNonNull(Datastore.connect(DatastoreOptions.builder()
                        .host(database.host())
                        .port(database.port())
                        .database(database.name())
                        .username(database.user())
                        .password(database.password())
                        .sslMode(SslMode.DISABLE)
                        .build())
                .block(SOON));
        events = new MutinyEvents(datastore, ChangeStreams.of(datastore));
    }

    @AfterEach
    void close() {
        events.close().await().atMost(SOON);
    }

    private UUID insert(String node) {
        return events.insert(HealthEventDocument.of(
                        Instant.EPOCH, HealthEvent.builder().nodeName(node).build()))
                .await()
                .atMost(SOON);
    }

    @Test
    void storesFindsAndTellsItsHealth() {
        UUID id = insert("a");
        assertThat(events.find(Filter.eq("healthevent.nodeName", "a"))
                        .collect()
                        .asList()
                        .await()
                        .atMost(SOON))
                .singleElement()
                .satisfies(found -> assertThat(found.id()).isEqualTo(id));
        assertThat(events.health().await().atMost(SOON).state()).isEqualTo(State.UP);
    }

    @Test
    void watchesWithItsSubscribersDemandAndStopsWhenCancelled() {
        List<UUID> ids = List.of(insert("b"), insert("c"), insert("d"));
        AssertSubscriber<ChangeEvent<HealthEventDocument>> subscriber = events.watch(WatchOptions.builder()
                        .startAt(StartAt.beginning())
                        .filter(Filter.in("fullDocument.healthevent.nodeName", List.of("b", "c", "d")))
                        .build())
                .subscribe()
                .withSubscriber(AssertSubscriber.create(2));
        subscriber.awaitItems(2, SOON);
        assertThat(subscriber.getItems()).extracting(ChangeEvent::recordId).isEqualTo(ids.subList(0, 2));
        subscriber.request(1);
        subscriber.awaitItems(3, SOON);
        subscriber.cancel();
        assertThat(subscriber.getItems()).extracting(ChangeEvent::recordId).isEqualTo(ids);
    }
}
