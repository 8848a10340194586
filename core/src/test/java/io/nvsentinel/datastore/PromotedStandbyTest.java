// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads from a standby that is promoted, with and without its primary. */
@Tag("slow")
class PromotedStandbyTest {

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    private EmbeddedServer primary;
    private EmbeddedServer standby;
    private Datastore datastore;

    @BeforeEach
    void start() {
        primary = PostgresServer.embedded().start();
        TestDatabase database = primary.createDatabase(Databases.MIGRATED);
        standby = primary.startReplica("b");
        String a = primary.host() + ":" + primary.port();
        String b = standby.host() + ":" + standby.port();
        datastore =
                Databases.connect(Databases.options(database).host(a + "," + b).readHosts(b));
        datastore.healthEvents().insert(EVENT).block(SOON);
        Await.until("the standby has it", SOON, () -> count(ReadPreference.STANDBY) == 1);
    }

    @AfterEach
    void stop() {
        datastore.close().block(SOON);
        standby.close();
        primary.close();
    }

    @Test
    void anotherHistoryIsNotReadUntilItIsThatOfThePrimary() {
        standby.promote();
        datastore.healthEvents().insert(EVENT).block(SOON);

        assertThat(count(ReadPreference.PREFER_STANDBY)).isEqualTo(2);
        assertThatThrownBy(() -> count(ReadPreference.STANDBY.maxStaleness(Duration.ofDays(1))))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("has timeline 00000002, and the primary has 00000001");

        primary.stop();
        Await.until(
                "the new primary",
                SOON,
                () -> datastore
                        .ping()
                        .thenReturn(true)
                        .onErrorReturn(UnavailableException.class, false)
                        .block(SOON));
        assertThat(count(ReadPreference.STANDBY)).isOne();
    }

    /** As after a switchover: the former primary follows the new one, on its timeline. */
    @Test
    void theFormerPrimaryIsReadWhenItFollowsTheNewOne() {
        String a = primary.host() + ":" + primary.port();
        Datastore reader = Databases.connect(datastore.options().toBuilder().readHosts(a));
        primary.stop();
        standby.promote();
        primary.follow(standby, "a");
        Await.until(
                "the new primary",
                SOON,
                () -> reader.healthEvents()
                        .insert(EVENT)
                        .thenReturn(true)
                        .onErrorReturn(UnavailableException.class, false)
                        .block(SOON));

        Await.until(
                "the former primary has it",
                SOON,
                () -> reader.reading(ReadPreference.STANDBY)
                        .healthEvents()
                        .count(Filter.all())
                        .onErrorReturn(UnavailableException.class, 0L)
                        .block(SOON)
                        .equals(2L));
        reader.close().block(SOON);
    }

    private long count(ReadPreference preference) {
        return datastore.reading(preference).healthEvents().count(Filter.all()).block(SOON);
    }
}
