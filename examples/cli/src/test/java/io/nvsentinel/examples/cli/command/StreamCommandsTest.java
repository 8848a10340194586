// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.PermanentException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients, dead letters, lag and retention. */
class StreamCommandsTest {

    private static final String INSERT = "INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
            + " jsonb_build_object('nodename', 'node-' || n))"
            + " FROM generate_series(1, %d) AS n";

    private TestDatabase database;

    /** A separate history for each: they remove some changes, or start at the beginning. */
    @BeforeEach
    void create() {
        database = PostgresServer.shared().createDatabase(Databases.MIGRATED);
    }

    @AfterEach
    void drop() {
        database.drop();
    }

    @Test
    void clientsAreListedMovedAndForgotten() {
        assertThat(run("clients", "list").err()).containsExactly("There are no clients");
        Run refused = run("clients", "reset", "drainer", "--to", "beginning");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err())
                .singleElement()
                .asString()
                .contains("there is no client drainer: use --create to create it");

        assertThat(run("clients", "reset", "drainer", "--to", "now", "--create").exitCode())
                .isZero();
        database.execute(INSERT.formatted(3));
        Run list = run("clients", "list");
        assertThat(list.out()).hasSize(2);
        assertThat(list.out().get(1)).matches("drainer +3 +\\d+m?s ago +- +none");

        assertThat(run("clients", "reset", "drainer", "--to", "beginning").exitCode())
                .isZero();
        JsonNode client = json(run("clients", "list", "--json").out().get(0));
        assertThat(client.get("client").asString()).isEqualTo("drainer");
        assertThat(client.get("lag").asLong()).isEqualTo(3);
        assertThat(client.get("owned").asBoolean()).isFalse();

        String token = client.get("resumeToken").asString();
        assertThat(run("clients", "reset", "drainer", "--to", token).err())
                .containsExactly("drainer starts after the token's change");
        assertThat(run("clients", "reset", "drainer", "--to", "1h").err())
                .singleElement()
                .asString()
                .startsWith("drainer starts with the changes since 20");

        assertThat(run("clients", "delete", "drainer").exitCode()).isZero();
        assertThat(run("clients", "delete", "drainer").exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run("clients", "list").out()).isEmpty();
    }

    @Test
    void aPlaceThatIsNoneIsRefused() {
        Run run = run("clients", "reset", "drainer", "--to", "yesterday");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .singleElement()
                .asString()
                .contains("--to must be now, beginning")
                .contains("yesterday");
    }

    @Test
    void lagFailsWhenItIsTooLarge() {
        run("clients", "reset", "slow", "--to", "now", "--create");
        database.execute(INSERT.formatted(5));
        run("clients", "reset", "quick", "--to", "now", "--create");

        assertThat(run("lag").exitCode()).isZero();
        assertThat(run("lag").out()).hasSize(3);
        Run tooMany = run("lag", "--max-changes", "4", "--json");
        assertThat(tooMany.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(tooMany.out()).hasSize(2);
        assertThat(json(tooMany.out().get(0)).get("tooFar").asBoolean()).isFalse();
        assertThat(json(tooMany.out().get(1)).get("tooFar").asBoolean()).isTrue();
        assertThat(json(tooMany.out().get(1)).get("changes").asLong()).isEqualTo(5);

        assertThat(run("lag", "quick", "--max-changes", "4").exitCode()).isZero();
        assertThat(run("lag", "slow", "--max-age", "0ms").exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run("lag", "slow", "--max-age", "1d").exitCode()).isZero();
        assertThat(run("lag", "unknown").exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run("lag", "--max-age", "soon").err())
                .singleElement()
                .asString()
                .contains("--max-age")
                .contains("write 500ms, 30s, 15m, 12h or 7d");
    }

    @Test
    void retentionRemovesWhatIsProcessedAndOld() {
        run("clients", "reset", "drainer", "--to", "beginning", "--create");
        database.execute(INSERT.formatted(4));
        assertThat(run("retention", "run", "--keep", "0s").text())
                .isEqualTo("marked 0, removed 0 processed and 0 beyond the caps, in 0 transactions");

        run("clients", "reset", "drainer", "--to", "now");
        JsonNode report = json(run("retention", "run", "--keep", "0s", "--json").text());

        assertThat(report.get("taken").asBoolean()).isTrue();
        assertThat(report.get("removed").asLong()).isEqualTo(4);
        // The last one removed stays without its documents: restores and failovers are noticed by it.
        assertThat(database.queryForStrings("SELECT id || ' ' || (new_values IS NULL) FROM datastore_changelog"))
                .containsExactly("4 true");
        assertThat(database.queryForString("SELECT oldest_id FROM datastore_changelog_state"))
                .isEqualTo("5");
        Run wrong = run("retention", "run", "--keep", "9d", "--max-age", "8d");
        assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(wrong.err()).singleElement().asString().contains("maxAge must be between");
    }

    @Test
    void deadLettersAreListedReplayedAndDeleted() {
        assertThat(run("dead-letters", "list").err()).containsExactly("There are no dead letters");
        fail(3);

        Run list = run("dead-letters", "list");
        assertThat(list.out()).hasSize(4);
        assertThat(list.out().get(1))
                .contains("drainer")
                .contains("insert")
                .contains("PermanentException")
                .contains("cannot drain");
        assertThat(run("dead-letters", "list", "other").out()).isEmpty();
        JsonNode first =
                json(run("dead-letters", "list", "drainer", "--json").out().get(0));
        assertThat(first.get("client").asString()).isEqualTo("drainer");
        assertThat(first.get("replayRequested").asBoolean()).isFalse();

        String id = first.get("id").asString();
        Run replay = run("dead-letters", "replay", id, "999999");
        assertThat(replay.exitCode()).isZero();
        assertThat(replay.err()).containsExactly("1 dead letter is to be replayed");
        assertThat(run("dead-letters", "list").out().get(1)).contains("1, replay");

        assertThat(run("dead-letters", "delete", id).exitCode()).isZero();
        assertThat(run("dead-letters", "delete", id).exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run("dead-letters", "delete", "--all", "drainer").err())
                .containsExactly("2 dead letters are deleted");
        assertThat(run("dead-letters", "delete").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    /** A processor that dead-letters every change. */
    private void fail(int changes) {
        database.execute(INSERT.formatted(changes));
        withStreams(both -> {
            both.streams
                    .process(
                            both.datastore.healthEvents(),
                            WatchOptions.builder()
                                    .clientName("drainer")
                                    .startAt(StartAt.beginning())
                                    .build(),
                            ProcessorOptions.builder()
                                    .onFailure(OnFailure.DEAD_LETTER)
                                    .build(),
                            change -> Mono.error(Objects.requireNonNull(
                                    PermanentException.of(new IllegalStateException("cannot drain")))))
                    .subscribe();
            Await.until(
                    "every change is a dead letter",
                    Databases.SOON,
                    () -> database.queryForString("SELECT count(*) FROM dead_letters")
                            .equals(Integer.toString(changes)));
        });
    }

    private record Both(Datastore datastore, ChangeStreams streams) {}

    private void withStreams(Consumer<Both> work) {
        Datastore datastore = Databases.connect(database);
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            work.accept(new Both(datastore, streams));
        } finally {
            streams.close().then(datastore.close()).block(Databases.SOON);
        }
    }

    private Run run(String... arguments) {
        Map<String, String> environment = Databases.environment(database);
        return Run.with(environment, arguments);
    }

    private static JsonNode json(String line) {
        return JsonMapper.builder().build().readTree(line);
    }
}
