// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/**
 * A part of the changelog is restored, or the table is dropped: a client whose change is missing ends with an error, and writers
 * fail. {@link ChangelogGuardTest} shows that other sessions cannot remove or change rows.
 */
class DamagedChangelogTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    /** What a restore does, before which no trigger fires. */
    private static final String RESTORE =
            "SET session_replication_role = replica; CREATE TEMP TABLE saved AS TABLE datastore_changelog;"
                    + " TRUNCATE datastore_changelog; INSERT INTO datastore_changelog SELECT * FROM saved WHERE id ";

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    private final HistoryFixture history = new HistoryFixture(DATABASE);

    @BeforeEach
    void clear() {
        history.clear();
    }

    @ParameterizedTest
    @CsvSource({"> 6, the newest", "<= 3, the oldest", "<> 5, all but its own"})
    void aClientWhoseChangeWasNotRestoredEndsWithAnError(String restored, String what) {
        history.insert("a", 10);
        clientAt(5);

        DATABASE.execute(RESTORE + restored);
        history.insertOne("later");

        assertThatThrownBy(() -> watch().blockFirst(TestStreams.SOON))
                .as(what)
                .isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aRunningWatchWhoseChangeWasNotRestoredEndsWithAnError() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        seen.await(10);

        DATABASE.execute(RESTORE + "<= 7");
        history.insertOne("later");

        assertThat(seen.awaitError()).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aClientContinuesWhereItsChangeAndThoseBehindItWereRestored() {
        history.insert("a", 10);
        clientAt(5);

        DATABASE.execute(RESTORE + ">= 5");

        assertThat(watch().take(5)
                        .map(change -> change.after().event().nodeName())
                        .collectList()
                        .block(TestStreams.SOON))
                .containsExactly("a6", "a7", "a8", "a9", "a10");
    }

    @Test
    void whereTheChangelogWasDroppedWritersFail() {
        history.insert("a", 1);
        try {
            DATABASE.execute("ALTER TABLE datastore_changelog RENAME TO dropped");

            assertThatThrownBy(() -> history.insertOne("b")).hasMessageContaining("datastore_changelog");
        } finally {
            DATABASE.execute("ALTER TABLE dropped RENAME TO datastore_changelog");
        }
        assertThat(history.nodes()).containsExactly("a1");
    }

    /** Stores the position of the client. */
    private void clientAt(int position) {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("client").startAt(StartAt.beginning()));
        seen.await(10).subList(0, position).forEach(ChangeEvent::acknowledge);
        history.awaitStored("client", position);
        streams.restart();
    }

    private Flux<ChangeEvent<HealthEventDocument>> watch() {
        return streams.get()
                .watch(
                        streams.datastore().healthEvents(),
                        WatchOptions.builder().clientName("client").build());
    }
}
