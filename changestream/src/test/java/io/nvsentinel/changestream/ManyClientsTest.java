// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The clients of one process are kept with one statement, and none of them harms the others. */
@Tag("essential")
class ManyClientsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int CLIENTS = 12;

    private final List<String> actions = new CopyOnWriteArrayList<>();
    private final Map<String, Throwable> ended = new ConcurrentHashMap<>();
    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens");
        datastore = Datastore.connect(Databases.options(DATABASE.get()).build(), new DatastoreListener() {
                    @Override
                    public void onOperation(Operation operation) {
                        actions.add(operation.action());
                    }
                })
                .block(SOON);
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
        DATABASE.execute("DROP TRIGGER IF EXISTS refuse ON resume_tokens");
    }

    @Test
    void oneStatementKeepsThemAllAndAnotherStoresTheirPositions() {
        watchAll();
        insert();
        Await.until("all positions are stored", SOON, () -> stored().size() == CLIENTS);
        actions.clear();
        String before = DATABASE.queryForString("SELECT max(leased_until) FROM resume_tokens");
        Await.until(
                "all leases are renewed",
                SOON,
                () -> DATABASE.queryForString(
                        "SELECT count(*) FROM resume_tokens WHERE leased_until > '" + before + "'"),
                String.valueOf(CLIENTS)::equals);
        assertThat(actions)
                .as("while nothing changes no client has a statement of its own")
                .contains("Keep change stream clients")
                .noneMatch(action -> action.contains("\"client"));
        assertThat(ended).isEmpty();
    }

    /** The action is the value of a meter's tag: one more value for each number of clients would be many. */
    @Test
    void actionsAreTheSameForAnyNumberOfClients() {
        watchAll();
        insert();
        Await.until("all positions are stored", SOON, () -> stored().size() == CLIENTS);

        assertThat(actions)
                .filteredOn(action -> !action.contains("\""))
                .isNotEmpty()
                .noneMatch(action -> action.matches(".*[0-9].*"));
    }

    @Test
    void aClientThatIsLockedDelaysNoOther() throws Exception {
        watchAll();
        try (Connection blocking = DATABASE.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("SELECT FROM resume_tokens WHERE client_name = 'client 3' FOR UPDATE");
            insert();
            Await.until("the others are stored", SOON, () -> stored().size() == CLIENTS - 1);
            insert();
            long last = Long.parseLong(DATABASE.queryForString("SELECT max(id) FROM datastore_changelog"));
            Await.until(
                    "and again",
                    SOON,
                    () -> stored().stream().filter(position -> position == last).count() == CLIENTS - 1);
            blocking.rollback();
        }
        Await.until("it is stored too", SOON, () -> stored().size() == CLIENTS);
        assertThat(ended).isEmpty();
    }

    @Test
    void aClientThatMayNotBeStoredEndsAloneWithItsError() {
        watchAll();
        DATABASE.execute("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN RAISE EXCEPTION 'not this one'; END $$");
        DATABASE.execute("CREATE TRIGGER refuse BEFORE UPDATE ON resume_tokens FOR EACH ROW"
                + " WHEN (OLD.client_name = 'client 3') EXECUTE FUNCTION refuse()");
        insert();
        Await.until("the others are stored", SOON, () -> stored().size() == CLIENTS - 1);
        Await.until("it has ended", SOON, () -> ended.containsKey("client 3"));
        assertThat(ended).containsOnlyKeys("client 3");
        assertThat(ended.get("client 3")).hasMessageContaining("not this one");
    }

    @Test
    void aClientThatIsTakenOverEndsAlone() {
        watchAll();
        DATABASE.execute(
                "UPDATE resume_tokens SET epoch = nextval('resume_tokens_epoch_seq') WHERE client_name = 'client 3'");
        Await.until("it is fenced", SOON, () -> ended.get("client 3") instanceof ClientFencedException);
        insert();
        Await.until("the others are stored", SOON, () -> stored().size() == CLIENTS - 1);
        assertThat(ended).containsOnlyKeys("client 3");
    }

    private void watchAll() {
        List<String> clients = IntStream.range(0, CLIENTS)
                .mapToObj(number -> "client " + number)
                .toList();
        List<String> subscribed = new CopyOnWriteArrayList<>();
        clients.forEach(client -> streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder()
                                .clientName(client)
                                .onSubscribed(token -> subscribed.add(client))
                                .build())
                .subscribe(ChangeEvent::acknowledge, error -> ended.put(client, error)));
        Await.until("all are subscribed", SOON, () -> subscribed.size() == CLIENTS);
        DATABASE.execute("UPDATE resume_tokens SET resume_token = resume_token || '{\"position\": 0}'");
    }

    private static void insert() {
        DATABASE.execute("INSERT INTO health_events (data) VALUES ('{}')");
    }

    private static List<Long> stored() {
        return DATABASE.get().queryForStrings("SELECT position FROM resume_tokens WHERE position > 0").stream()
                .map(Long::valueOf)
                .toList();
    }
}
