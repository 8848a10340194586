// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.LiveRun;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class WatchCommandTest {

    private static final String INSERT = "INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
            + " jsonb_build_object('nodename', 'node-' || n, 'isfatal', n %% 2 = 0)) FROM generate_series(1, %d) AS n";

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(Databases.MIGRATED);

    @AfterEach
    void forget() {
        database.execute("DELETE FROM resume_tokens; DELETE FROM health_events; DELETE FROM maintenance_events");
        // Not before that is committed: then its own changes are captured.
        database.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
    }

    @Test
    void printsARowForEachChangeUntilItIsInterrupted() {
        LiveRun run = LiveRun.start(environment(), "watch").awaitTalk("Watching");
        database.execute(INSERT.formatted(1));
        database.execute("UPDATE health_events SET data = jsonb_set(data, '{healthevent,nodename}', '\"other\"')");
        database.execute("DELETE FROM health_events");
        run.awaitLines(3);

        assertThat(run.interrupt()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(run.out()).hasSize(3);
        assertThat(run.out().get(0))
                .matches("\\d\\d:\\d\\d:\\d\\d.\\d{3}  insert {4}health_events {7}[-0-9a-f]{36}  \\{.*node-1.*}");
        assertThat(run.out().get(1)).contains("  update  ").endsWith("healthevent.nodename=other");
        assertThat(run.out().get(2)).contains("  delete  ").contains("other");
        assertThat(run.err())
                .anyMatch(line -> line.startsWith("TIME "))
                .noneMatch(line -> line.contains("nvsentinel:"));
    }

    @Test
    void jsonHasEverythingThatTheChangelogKeeps() {
        LiveRun run =
                LiveRun.start(environment(), "watch", "--json", "--limit", "2").awaitTalk("Watching");
        database.execute(INSERT.formatted(1));
        database.execute("UPDATE health_events SET data = data - 'healthevent' || '{\"x\": 1.50}'");

        assertThat(run.exitCode()).isZero();
        JsonNode insert = json(run.out().get(0));
        JsonNode update = json(run.out().get(1));
        assertThat(insert.get("operation").asString()).isEqualTo("insert");
        assertThat(insert.get("collection").asString()).isEqualTo("health_events");
        assertThat(insert.get("before").isNull()).isTrue();
        assertThat(insert.has("updatedFields")).isFalse();
        assertThat(update.get("before")).isEqualTo(insert.get("document"));
        assertThat(update.get("recordId")).isEqualTo(insert.get("recordId"));
        assertThat(run.out().get(1)).contains("\"updatedFields\":{\"x\":1.50}");
        assertThat(update.get("removedFields").toString()).isEqualTo("[\"healthevent\"]");
    }

    @Test
    void collectionsAndFiltersChoose() {
        LiveRun run = LiveRun.start(
                        environment(),
                        "watch",
                        "--json",
                        "--collection",
                        "health_events",
                        "--filter",
                        "{\"operationType\": \"insert\", \"fullDocument.healthevent.isfatal\": true}")
                .awaitTalk("Watching");
        database.execute("INSERT INTO maintenance_events (data) VALUES ('{\"eventId\": \"e\", \"healthevent\": "
                + "{\"isfatal\": true}}')");
        database.execute(INSERT.formatted(4));
        run.awaitLines(2);

        run.interrupt();
        assertThat(run.out())
                .extracting(
                        line -> json(line).at("/document/healthevent/nodename").asString())
                .containsExactly("node-2", "node-4");
    }

    @Test
    void aTokenAndTheBeginningAreStarts() {
        database.execute(INSERT.formatted(3));

        Run all = Run.with(environment(), "watch", "--json", "--from", "beginning", "--limit", "3");
        String token = json(all.out().get(0)).get("resumeToken").asString();
        Run rest = Run.with(environment(), "watch", "--json", "--from", token, "--limit", "2");
        Run recent = Run.with(environment(), "watch", "--json", "--from", "1h", "--limit", "3");

        assertThat(rest.out()).isEqualTo(all.out().subList(1, 3));
        assertThat(recent.out()).isEqualTo(all.out());
    }

    @Test
    void aNamedClientGoesOnWhereItLeftOff() {
        database.execute(INSERT.formatted(5));
        String[] arguments = {"watch", "--json", "--client", "audit", "--from", "beginning", "--limit", "2"};

        Run first = Run.with(environment(), arguments);
        Run second = Run.with(environment(), arguments);

        assertThat(nodes(first)).containsExactly("node-1", "node-2");
        assertThat(nodes(second)).containsExactly("node-3", "node-4");
        assertThat(second.err()).first().isEqualTo("audit continues at its stored position, 3 changes behind");
    }

    @Test
    void aNameThatSomebodyReadsUnderIsLeftAloneUnlessToldOtherwise() {
        LiveRun owner =
                LiveRun.start(environment(), "watch", "--client", "audit").awaitTalk("Watching");

        Run refused = Run.with(environment(), "watch", "--client", "audit");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err()).last().asString().contains("audit").contains("nvsentinel clients list");

        LiveRun second = LiveRun.start(environment(), "watch", "--client", "audit", "--take-over");
        second.awaitTalk("Watching");
        assertThat(owner.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(second.interrupt()).isEqualTo(ExitCode.INTERRUPTED);
    }

    @Test
    void aReaderThatHasGoneEndsItQuietlyAndGetsTheChangeAgain() {
        LiveRun broken = LiveRun.intoBrokenPipe(environment(), "watch", "--json", "--client", "audit")
                .awaitTalk("Watching");
        database.execute(INSERT.formatted(1));

        assertThat(broken.exitCode()).isZero();
        assertThat(broken.err()).containsExactly("Watching; press Ctrl-C to stop");
        assertThat(nodes(Run.with(environment(), "watch", "--json", "--client", "audit", "--limit", "1")))
                .containsExactly("node-1");
    }

    @Test
    void whatCannotBeWatchedIsOneLine() {
        assertUsage("there is no collection helth_events", "--collection", "helth_events");
        assertUsage("--filter is invalid", "--filter", "{\"operationType\"");
        assertUsage("--filter is invalid", "--filter", "{\"a\": {\"$nosuch\": 1}}");
        assertUsage("--from must be", "--from", "tomorrow");
        assertUsage("--limit must be 1 or more", "--limit", "0");
    }

    private static void assertUsage(String text, String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "watch";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        Run run = Run.with(environment(), all);
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .singleElement()
                .asString()
                .startsWith("nvsentinel: ")
                .contains(text);
    }

    private static List<String> nodes(Run run) {
        return run.out().stream()
                .map(line -> json(line).at("/document/healthevent/nodename").asString())
                .toList();
    }

    private static Map<String, String> environment() {
        return Databases.environment(database.get());
    }

    private static JsonNode json(String line) {
        return JsonMapper.builder().build().readTree(line);
    }
}
