// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StreamHealthTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    private Health health() {
        return streams.get().health().block(TestStreams.SOON);
    }

    @Test
    void isUpWithoutWatchesAndSaysSo() {
        Health health = health();
        assertThat(health.state()).isEqualTo(State.UP);
        assertThat(health.details())
                .containsEntry("watches", 0)
                .containsEntry("listening", false)
                .containsEntry("role", "primary")
                .containsKeys("changelogRows", "changelogBytes");
    }

    @Test
    void tellsHowFarClientsAreBehind() {
        streams.watchHealth(WatchOptions.builder().clientName("slow"));
        streams.insertHealth("a");
        Health health = Await.until("listening", TestStreams.SOON, this::health, seen -> seen.state() == State.UP);
        assertThat(health.details())
                .containsEntry("watches", 1)
                .containsEntry("listening", true)
                .containsEntry("changesBehind", Map.of("slow", 1L));
    }

    @Test
    void isDegradedWhileAGapIsHeld() throws Exception {
        streams.watchHealth(WatchOptions.builder());
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SET application_name = 'the slow one'; SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
            streams.insertHealth("fast");
            Health health = Await.until(
                    "degraded",
                    TestStreams.SOON,
                    this::health,
                    seen -> seen.reasons().size() == 1 && seen.reasons().get(0).contains("the slow one"));
            assertThat(health.state()).isEqualTo(State.DEGRADED);
            slow.rollback();
        }
        Await.until("well again", TestStreams.SOON, () -> health().state() == State.UP);
    }

    @Test
    void isDegradedWhileChangesAreFoundByPollingOnly() {
        Health up = new Health(State.UP, List.of(), Map.of());
        LiveStatus live = new LiveStatus();
        assertThat(new StreamHealth(1, true, live, List.of(), List.of())
                        .on(up, Optional.empty())
                        .reasons())
                .containsExactly("Changes are found only by polling");
        assertThat(new StreamHealth(1, false, live, List.of(), List.of())
                        .on(up, Optional.empty())
                        .state())
                .as("polling was asked for")
                .isEqualTo(State.UP);
        assertThat(new StreamHealth(0, true, live, List.of(), List.of())
                        .on(up, Optional.empty())
                        .state())
                .as("nothing is watched")
                .isEqualTo(State.UP);
        live.onListening();
        assertThat(new StreamHealth(1, true, live, List.of(), List.of())
                        .on(up, Optional.empty())
                        .state())
                .isEqualTo(State.UP);
    }

    @Test
    void isDownAndDoesNotFailWhenTheDatastoreIsClosed() {
        streams.datastore().close().block(TestStreams.SOON);
        Health health = health();
        assertThat(health.state()).isEqualTo(State.DOWN);
        assertThat(health.details()).containsEntry("watches", 0).doesNotContainKey("changelogRows");
    }
}
