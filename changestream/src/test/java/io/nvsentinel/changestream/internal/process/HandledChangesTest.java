// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.Databases;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was received before the database was set back is neither marked nor put aside under the id of another change. */
@Tag("essential")
class HandledChangesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String CLIENT = "client";

    private Datastore datastore;
    private Connections connections;
    private UUID incarnation;
    private ChangelogRow change;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        connections = ((DefaultDatastore) datastore).connections();
        DATABASE.execute("DELETE FROM handled_changes; DELETE FROM dead_letters; DELETE FROM resume_tokens;"
                + " INSERT INTO health_events (data) VALUES ('{}')");
        incarnation = UUID.fromString(value("SELECT incarnation FROM datastore_changelog_state"));
        change = newest();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void aChangeIsMarkedOnce() {
        assertThat(mark(change, incarnation)).isTrue();
        assertThat(mark(change, incarnation)).isFalse();
        assertThat(value("SELECT position FROM handled_changes")).isEqualTo("" + change.id());
    }

    @Test
    void theIdOfALostChangeIsNotMarked() {
        ChangelogRow lost = lost();
        assertThatThrownBy(() -> mark(lost, incarnation)).isInstanceOf(HistoryForkedException.class);
        assertThatThrownBy(() -> mark(change, UUID.randomUUID())).isInstanceOf(HistoryForkedException.class);
        assertThat(value("SELECT count(*) FROM handled_changes")).isEqualTo("0");
        assertThat(mark(change, incarnation)).isTrue();
    }

    @Test
    void aChangeThatRetentionRemovedIsMarked() {
        DATABASE.execute(
                "BEGIN; SET LOCAL nvsentinel.retention = 'on'; UPDATE datastore_changelog_state SET oldest_id = "
                        + (change.id() + 1) + "; DELETE FROM datastore_changelog WHERE id = " + change.id()
                        + "; COMMIT");
        assertThat(mark(change, incarnation)).isTrue();
    }

    @Test
    void aLostChangeIsNoDeadLetter() {
        DATABASE.execute("INSERT INTO resume_tokens (client_name, epoch, resume_token) VALUES ('client', 5, '"
                + "{\"position\": 0}')");
        DeadLetterTable letters =
                new DeadLetterTable(connections, new Owned(CLIENT, 5, Position.at(incarnation, 0, null), 0));
        Throwable failure = new IllegalStateException("broken");

        assertThatThrownBy(() ->
                        letters.put(task(lost(), 0), incarnation, failure, 1).block(SOON))
                .isInstanceOf(HistoryForkedException.class);
        assertThat(value("SELECT count(*) FROM dead_letters")).isEqualTo("0");

        letters.put(task(change, 0), incarnation, failure, 1).block(SOON);
        letters.put(task(lost(), 7), UUID.randomUUID(), failure, 1).block(SOON);
        assertThat(value("SELECT count(*) FROM dead_letters"))
                .as("what is replayed may be of any history")
                .isEqualTo("2");
        DATABASE.execute("UPDATE resume_tokens SET epoch = 6");
        assertThatThrownBy(() ->
                        letters.put(task(change, 0), incarnation, failure, 1).block(SOON))
                .isInstanceOf(ClientFencedException.class);
    }

    private static Task<String> task(ChangelogRow row, long deadLetter) {
        return new Task<>(row, "event", "key", deadLetter, () -> {});
    }

    /** As the one that is there, but of another transaction. */
    private ChangelogRow lost() {
        return row(change.id(), change.transactionId() + 1, change.changedAt());
    }

    private boolean mark(ChangelogRow row, UUID of) {
        HandledChanges handled = new HandledChanges(new Owned(CLIENT, 1, Position.at(incarnation, 0, null), 0));
        return Boolean.TRUE.equals(handled.mark(connections, row, of).block(SOON));
    }

    private static ChangelogRow newest() {
        String newest = " FROM datastore_changelog ORDER BY id DESC LIMIT 1";
        return row(
                Long.parseLong(value("SELECT id" + newest)),
                Long.parseLong(value("SELECT xid" + newest)),
                Instant.parse(value("SELECT to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                        + newest)));
    }

    private static ChangelogRow row(long id, long transaction, Instant changedAt) {
        return new ChangelogRow(
                id, transaction, "health_events", null, Operation.INSERT, changedAt, true, 0, null, null);
    }

    private static String value(String sql) {
        return DATABASE.queryForString(sql);
    }
}
