// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Change streams of users with only the role that the SQL files grant to applications. */
@Tag("essential")
class ApplicationRoleTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private static TestDatabase database;

    @BeforeAll
    static void createUsers() throws IOException {
        database = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        database.execute(sql("postgresql-roles.sql"));
        database.execute(sql("postgresql-grants.sql"));
        for (String user : List.of("first", "second")) {
            database.execute(
                    "CREATE ROLE " + user(user) + " LOGIN PASSWORD 'p'; GRANT " + role("app") + " TO " + user(user));
        }
    }

    @AfterAll
    static void drop() {
        for (String user : List.of(user("first"), user("second"), role("app"), role("reader"), role("migrator"))) {
            database.execute("DROP OWNED BY " + user + " CASCADE; DROP ROLE " + user);
        }
        database.drop();
    }

    private static String user(String name) {
        return name + "_" + database.name();
    }

    private static String role(String name) {
        return "nvsentinel_" + name + "_" + database.name();
    }

    private static String sql(String file) throws IOException {
        Path docs = Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolveSibling("docs");
        return Files.readString(docs.resolve(file))
                .replaceAll("nvsentinel_(migrator|app|reader)\\b", "nvsentinel_$1_" + database.name());
    }

    private static Datastore connect(String user) {
        return Databases.connect(database.as(user(user), "p"));
    }

    private static HealthEventDocument event() {
        return HealthEventDocument.of(
                Instant.now(), HealthEvent.builder().nodeName("n").build());
    }

    private static WatchOptions client(String name) {
        return WatchOptions.builder()
                .clientName(name)
                .startAt(StartAt.beginning())
                .build();
    }

    @Test
    void anApplicationCapturesWatchesAndProcesses() {
        Datastore datastore = connect("first");
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            datastore.healthEvents().insertMany(List.of(event(), event())).block(SOON);
            streams.watch(datastore.healthEvents(), client("watch"))
                    .take(2)
                    .doOnNext(ChangeEvent::acknowledge)
                    .blockLast(SOON);
            processes(datastore, streams, "single", ProcessorOptions.builder());
            processes(
                    datastore,
                    streams,
                    "group",
                    ProcessorOptions.builder().group(GroupOptions.builder(2).build()));
            assertThat(database.queryForString(
                            "SELECT count(*) FROM resume_tokens WHERE client_role <> ?", user("first")))
                    .isEqualTo("0");
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    /** The first change fails and becomes a dead letter, which is then replayed. */
    private static void processes(
            Datastore datastore, ChangeStreams streams, String name, ProcessorOptions.Builder options) {
        AtomicInteger calls = new AtomicInteger();
        Disposable running = streams.processInTransaction(
                        datastore.healthEvents(),
                        client(name),
                        options.maxAttempts(1).onFailure(OnFailure.DEAD_LETTER).build(),
                        (change, session) -> calls.getAndIncrement() == 0
                                ? Mono.error(new IllegalStateException("broken"))
                                : session.maintenanceEvents()
                                        .findLatestOngoing("n")
                                        .then())
                .subscribe();
        Await.until("a dead letter", SOON, () -> letters(name), count -> count.equals("1"));
        streams.deadLetters().replayAll(name).block(SOON);
        Await.until("none", SOON, () -> letters(name), count -> count.equals("0"));
        running.dispose();
    }

    private static String letters(String name) {
        return database.queryForString(
                "SELECT count(*) FROM dead_letters WHERE split_part(client_name, '#', 1) = ?", name);
    }

    @Test
    void anotherApplicationIsRefusedWithTheRoleOfTheClient() {
        Datastore first = connect("first");
        Datastore second = connect("second");
        ChangeStreams streams = ChangeStreams.of(first);
        ChangeStreams others = ChangeStreams.of(second);
        try {
            streams.clients().reset("mine", StartAt.now()).block(SOON);
            assertThatThrownBy(() ->
                            others.clients().reset("mine", StartAt.beginning()).block(SOON))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("belongs to role")
                    .hasMessageContaining(user("first"));
            assertThatThrownBy(() -> others.clients().delete("mine").block(SOON))
                    .isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() ->
                            others.watch(second.healthEvents(), client("mine")).blockFirst(SOON))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("belongs to role");
        } finally {
            streams.close().block(SOON);
            others.close().block(SOON);
            first.close().block(SOON);
            second.close().block(SOON);
        }
    }
}
