// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The bean as another bean uses it. */
@QuarkusTest
@QuarkusTestResource(ProxiedDatabase.class)
class MutinyEventsTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @Inject
    MutinyEvents events;

    private UUID insert(String node) {
        return events.insert(HealthEventDocument.of(
                        Instant.EPOCH, HealthEvent.builder().nodeName(node).build()))
                .await()
                .atMost(SOON);
    }

    @Test
    void storesFindsAndTellsItsHealth() {
        UUID id = insert("found");
        assertThat(events.find(Filter.eq("healthevent.nodeName", "found"))
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
        List<UUID> ids = List.of(insert("first"), insert("second"), insert("third"));
        AssertSubscriber<ChangeEvent<HealthEventDocument>> subscriber = events.watch(WatchOptions.builder()
                        .startAt(StartAt.beginning())
                        .filter(Filter.in("fullDocument.healthevent.nodeName", List.of("first", "second", "third")))
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
