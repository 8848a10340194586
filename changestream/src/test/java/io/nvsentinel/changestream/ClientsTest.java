// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.admin.ClientStatus;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("essential")
class ClientsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String CLIENT = "drainer";

    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens");
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void aClientIsListedWithItsPositionOwnerAndLag() {
        assertThat(streams.clients().list().collectList().block(SOON)).isEmpty();
        assertThat(streams.clients().find(CLIENT).block(SOON)).isNull();

        Reader reader = new Reader(true);
        UUID seen = insert();
        Await.until("it is seen", SOON, () -> reader.seen.contains(seen));
        Await.until("and acknowledged", SOON, () -> status().lag() == 0);
        ClientStatus alive = status();
        assertThat(alive.isOwned()).isTrue();
        assertThat(alive.owner()).contains("process " + ProcessHandle.current().pid());
        assertThat(alive.lastSeen()).isNotNull();
        assertThat(alive.behindSince()).isNull();
        assertThat(alive.isHistoryLost()).isFalse();
        assertThat(alive.cutOff()).isNull();

        streams.close().block(SOON);
        insert();
        insert();
        ClientStatus gone = status();
        assertThat(gone.isOwned()).isFalse();
        assertThat(gone.lag()).isEqualTo(2);
        assertThat(gone.behindSince()).isNotNull();
        assertThat(gone.epoch()).isGreaterThan(alive.epoch());
        assertThat(gone.resumeToken()).isEqualTo(alive.resumeToken());

        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = 1000000");
        assertThat(status().isHistoryLost()).isTrue();
        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = 1");
    }

    @Test
    void resettingToNowSkipsWhatIsThereAndFencesTheOwner() {
        Reader before = new Reader(false);
        UUID skipped = insert();
        Await.until("it is seen", SOON, () -> before.seen.contains(skipped));
        Instant earlier = databaseTime();
        streams.clients().reset(CLIENT, StartAt.now()).block(SOON);
        Await.until("the owner is fenced", SOON, () -> before.error.get() != null);
        assertThat(before.error.get()).isInstanceOf(ClientFencedException.class);
        assertThat(status().cutOff()).isBetween(earlier, databaseTime());
        assertThat(status().isOwned()).isFalse();

        Reader after = new Reader(true);
        UUID later = insert();
        Await.until("the later one", SOON, () -> after.seen.contains(later));
        assertThat(after.seen).containsExactly(later);
        assertThat(status().cutOff()).isNotNull();
    }

    @Test
    void resettingToNowAgainKeepsTheFirstCutOffUntilTheClientIsOpened() {
        streams.clients().reset(CLIENT, StartAt.now()).block(SOON);
        ClientStatus first = status();
        UUID between = insert();
        streams.clients().reset(CLIENT, StartAt.now()).block(SOON);
        assertThat(status().cutOff()).isEqualTo(first.cutOff());
        assertThat(status().resumeToken()).isEqualTo(first.resumeToken());

        Reader reader = new Reader(true);
        Await.until("the change between", SOON, () -> reader.seen.contains(between));
        streams.clients().reset(CLIENT, StartAt.now()).block(SOON);
        assertThat(status().cutOff()).isAfter(first.cutOff());
    }

    @Test
    void resettingToTheBeginningDeliversEverythingAgain() {
        UUID first = insert();
        Reader before = new Reader(true);
        UUID second = insert();
        Await.until("it is seen", SOON, () -> before.seen.contains(second));
        streams.clients().reset(CLIENT, StartAt.beginning()).block(SOON);
        Await.until("the owner is fenced", SOON, () -> before.error.get() != null);
        assertThat(status().cutOff()).isNull();
        Reader after = new Reader(true);
        Await.until("both", SOON, () -> after.seen.containsAll(List.of(first, second)));
    }

    @Test
    void resettingToATokenGoesOnBehindIt() {
        Reader before = new Reader(true);
        List<UUID> ids = List.of(insert(), insert(), insert());
        Await.until("all are seen", SOON, () -> before.seen.containsAll(ids));
        streams.clients().reset(CLIENT, StartAt.after(before.tokens.get(0))).block(SOON);
        Reader after = new Reader(true);
        Await.until("the rest", SOON, () -> after.seen.size() == 2);
        assertThat(after.seen).containsExactly(ids.get(1), ids.get(2));
    }

    @Test
    void aTokenOfAnotherChangelogIsRefusedAndNothingMoves() {
        streams.clients().reset(CLIENT, StartAt.now()).block(SOON);
        ClientStatus before = status();
        ResumeToken foreign =
                new ResumeToken(io.nvsentinel.changestream.internal.changelog.Position.at(UUID.randomUUID(), 1, null));
        assertThatThrownBy(() ->
                        streams.clients().reset(CLIENT, StartAt.after(foreign)).block(SOON))
                .isInstanceOf(HistoryForkedException.class);
        assertThat(status()).isEqualTo(before);
        assertThatThrownBy(() -> ResumeToken.parse("")).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> streams.clients().reset(" ", StartAt.now()).block(SOON))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aDeletedClientIsForgotten() {
        insert();
        Reader before = new Reader(true);
        assertThat(streams.clients().delete(CLIENT).block(SOON)).isTrue();
        assertThat(streams.clients().delete(CLIENT).block(SOON)).isFalse();
        Await.until("the owner is fenced", SOON, () -> before.error.get() != null);
        assertThat(streams.clients().find(CLIENT).block(SOON)).isNull();

        Reader after = new Reader(true);
        UUID later = insert();
        Await.until("the later one", SOON, () -> after.seen.contains(later));
        assertThat(after.seen).containsExactly(later);
    }

    private ClientStatus status() {
        return streams.clients().find(CLIENT).block(SOON);
    }

    private final class Reader {

        private final List<UUID> seen = new CopyOnWriteArrayList<>();
        private final List<ResumeToken> tokens = new CopyOnWriteArrayList<>();
        private final AtomicReference<ResumeToken> subscribed = new AtomicReference<>();
        private final AtomicReference<Throwable> error = new AtomicReference<>();

        Reader(boolean acknowledging) {
            WatchOptions options = WatchOptions.builder()
                    .clientName(CLIENT)
                    .onSubscribed(subscribed::set)
                    .build();
            streams.watch(datastore.healthEvents(), options)
                    .subscribe(
                            change -> {
                                tokens.add(change.resumeToken());
                                seen.add(change.recordId());
                                if (acknowledging) {
                                    change.acknowledge();
                                }
                            },
                            error::set);
            Await.until("it is subscribed", SOON, () -> subscribed.get() != null);
        }
    }

    private UUID insert() {
        return datastore
                .healthEvents()
                .insert(HealthEventDocument.of(
                        Instant.now(), HealthEvent.builder().nodeName("n").build()))
                .block(SOON);
    }

    private static Instant databaseTime() {
        return Instant.ofEpochSecond(
                0,
                Long.parseLong(DATABASE.queryForString(
                                "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
                        * 1000);
    }
}
