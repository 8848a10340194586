// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.SchemaMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operations guide's ways to back up, restore and move, with its own commands, on the machine's own PostgreSQL. */
@Tag("slow")
class MoveGuideTest {

    private static final Path GUIDE = Path.of("../../docs/operations.md");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CLIENT = "moving";

    /** Everything that the schema holds, but for the history of its migrations and what is remembered of the server. */
    private static final String CONTENT = "SELECT tablename || ' ' || (xpath('/row/c/text()',"
            + " query_to_xml(format('SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '''')) AS c FROM"
            + " %I AS t', tablename), false, true, '')))[1]::text FROM pg_tables WHERE schemaname = 'public' AND tablename"
            + " NOT IN ('nvsentinel_schema_history', 'datastore_probe') ORDER BY 1";

    private static final String TRIGGERS =
            "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger"
                    + " WHERE NOT tgisinternal ORDER BY 1";

    @TempDir
    Path directory;

    @BeforeEach
    void requireTools() {
        assumeThat(ToolServer.isPossible())
                .as("PostgreSQL's client tools are not installed in /usr/lib/postgresql, or may not be run")
                .isTrue();
    }

    @Test
    void aWholeDumpKeepsTokensClientsAndTriggers() throws Exception {
        try (ToolServer server = ToolServer.start(directory.resolve("data"))) {
            prepare(server);
            server.execute("postgres", "CREATE DATABASE new_one");

            ToolServer.shell(commands("Move with pg_dump").get(0), variables(server));

            assertMoved(server);
        }
    }

    @Test
    void dataAloneGoIntoAMigratedSchema() throws Exception {
        try (ToolServer server = ToolServer.start(directory.resolve("data"))) {
            prepare(server);
            server.execute("postgres", "CREATE DATABASE new_one");
            server.migrate("new_one");
            server.execute("new_one", "SELECT nvsentinel_create_collection('own')");
            List<String> sql = blocks("Move by logical replication", "sql");

            server.execute("new_one", sql.get(0));
            ToolServer.shell(commands("Move with pg_dump").get(1), variables(server));
            server.execute("new_one", sql.get(5));

            assertMoved(server);
        }
    }

    @Test
    void aPointInTimeRestoreEndsOnlyThoseWhoKnowWhatIsLost() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        try (ToolServer server = ToolServer.start(
                        directory.resolve("data"),
                        "archive_mode = on",
                        "archive_command = 'cp %p " + archive + "/%f'");
                ToolServer restored = ToolServer.at(directory.resolve("restored"))) {
            prepare(server);
            ToolServer.shell(
                    commands("Restore to a point in time").get(0),
                    Map.of(
                            "OLD",
                            server.url("postgres"),
                            "DATA",
                            restored.data().toString()));
            server.insert("old_one", "kept");
            ResumeToken kept = token(server, "kept");
            server.execute("postgres", "SELECT pg_create_restore_point('before_the_mistake')");
            server.insert("old_one", "lost");
            ResumeToken lost = token(server, "lost");
            server.execute("postgres", "SELECT pg_switch_wal()");
            server.control("stop -m fast");

            restored.set(
                    "archive_mode = off",
                    "restore_command = 'cp " + archive + "/%f %p'",
                    "recovery_target_name = 'before_the_mistake'",
                    "recovery_target_action = promote");
            Files.createFile(restored.data().resolve("recovery.signal"));
            restored.start();
            awaitWritable(restored);
            restored.insert("old_one", "new");

            assertThat(restored.next("old_one", CLIENT, 3)).containsExactly("unseen", "kept", "new");
            assertThat(after(restored, kept)).isEqualTo("new");
            assertThatThrownBy(() -> after(restored, lost)).isInstanceOf(HistoryForkedException.class);
        }
    }

    @Test
    void aFormerPrimaryThatWroteOnIsRewoundAndFollows() throws Exception {
        try (ToolServer first = ToolServer.start(directory.resolve("first"));
                ToolServer second = ToolServer.at(directory.resolve("second"))) {
            prepare(first);
            ToolServer.shell(
                    "pg_basebackup --dbname=\"$OLD\" --pgdata=\"$DATA\" --checkpoint=fast --write-recovery-conf",
                    Map.of("OLD", first.replication(), "DATA", second.data().toString()));
            second.start();
            second.control("promote");
            first.insert("old_one", "lost");
            ResumeToken lost = token(first, "lost");
            second.insert("old_one", "new");

            first.control("stop -m fast");
            ToolServer.shell(
                    commands("Two primaries").get(0),
                    Map.of("DATA", first.data().toString(), "NEW", second.replication() + " dbname=postgres"));
            first.start();
            awaitNodes(first, "seen", "unseen", "new");

            second.control("stop -m fast");
            first.control("promote");
            assertThat(first.next("old_one", CLIENT, 2)).containsExactly("unseen", "new");
            assertThatThrownBy(() -> after(first, lost)).isInstanceOf(HistoryForkedException.class);
        }
    }

    /** A database with documents of several kinds, a client that has seen one change, and a collection of its own. */
    private static void prepare(ToolServer server) {
        server.execute("postgres", "CREATE DATABASE old_one");
        server.migrate("old_one");
        server.execute("old_one", "SELECT nvsentinel_create_collection('own')");
        server.insert("old_one", "seen");
        assertThat(server.next("old_one", CLIENT, 1)).containsExactly("seen");
        server.insert("old_one", "unseen");
        server.execute("old_one", "INSERT INTO own (data) VALUES ('{\"a\": 1}')");
    }

    private static Map<String, String> variables(ToolServer server) throws IOException {
        return Map.of(
                "OLD", server.url("old_one"),
                "NEW", server.url("new_one"),
                "DUMP", server.data().resolveSibling("nvsentinel.dump").toString());
    }

    private static void assertMoved(ToolServer server) {
        assertThat(server.query("new_one", CONTENT)).isEqualTo(server.query("old_one", CONTENT));
        assertThat(server.query("new_one", TRIGGERS))
                .isEqualTo(server.query("old_one", TRIGGERS))
                .anyMatch(trigger -> trigger.equals("own nvsentinel_capture A"));
        server.insert("new_one", "new");
        assertThat(server.next("new_one", CLIENT, 2)).containsExactly("unseen", "new");
    }

    /** The token of the change of a node. */
    private static ResumeToken token(ToolServer server, String node) {
        Datastore datastore = server.datastore("old_one", SchemaMode.NONE);
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            return streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder().startAt(StartAt.beginning()).build())
                    .filter(change -> node.equals(change.after().event().nodeName()))
                    .map(ChangeEvent::resumeToken)
                    .blockFirst(SOON);
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    /** The node of the first change after a token. */
    private static String after(ToolServer server, ResumeToken token) {
        Datastore datastore = server.datastore("old_one", SchemaMode.NONE);
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            return streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder().startAt(StartAt.after(token)).build())
                    .map(change -> change.after().event().nodeName())
                    .blockFirst(SOON);
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    private static void awaitWritable(ToolServer server) {
        io.nvsentinel.testserver.Await.until(
                "the end of the recovery",
                SOON,
                () -> server.query("postgres", "SELECT pg_is_in_recovery()").contains("f"));
    }

    private static void awaitNodes(ToolServer server, String... nodes) {
        io.nvsentinel.testserver.Await.until(
                "what the new primary has",
                SOON,
                () -> server.query("old_one", "SELECT data #>> '{healthevent,nodeName}' FROM health_events"),
                found -> found.size() == nodes.length && found.containsAll(List.of(nodes)));
    }

    private static List<String> commands(String section) throws IOException {
        return blocks(section, "sh");
    }

    private static List<String> blocks(String section, String language) throws IOException {
        String text =
                Files.readString(GUIDE).split("(?m)^##+ " + section + "$")[1].split("(?m)^##+ ")[0];
        return Pattern.compile("(?ms)^ *```" + language + "\\n(.*?)^ *```")
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .toList();
    }
}
