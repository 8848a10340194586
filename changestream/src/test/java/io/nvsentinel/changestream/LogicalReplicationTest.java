// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The steps of the operations guide, with the statements that it shows. */
@Tag("slow")
class LogicalReplicationTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Path GUIDE = Path.of("../docs/operations.md");
    private static final String CLIENT = "moving";

    @Test
    void aClientGoesOnWhereItLeftOffOnTheServerThatWasMovedTo() throws Exception {
        List<String> statements = statements();
        try (EmbeddedServer server =
                PostgresServer.embedded().setting("wal_level", "logical").start()) {
            TestDatabase from = server.createDatabase(Databases.MIGRATED);
            TestDatabase to = server.createDatabase(Databases.MIGRATED);
            insert(from, "seen");
            assertThat(next(from, 1)).containsExactly("seen");

            to.execute(statements.get(0));
            from.execute(statements.get(1));
            // On one server the slot has to be there before.
            from.execute("SELECT pg_create_logical_replication_slot('moving', 'pgoutput')");
            to.execute("CREATE SUBSCRIPTION nvsentinel_move CONNECTION '" + connection(from)
                    + "' PUBLICATION nvsentinel_move WITH (create_slot = false, slot_name = 'moving')");
            Await.until("the copy", SOON, () -> to.queryForString(statements.get(2)), "t"::equals);
            insert(from, "not seen");
            Await.until("the rest", SOON, () -> from.queryForString(statements.get(3)), "t"::equals);
            from.queryForStrings(statements.get(4)).forEach(to::execute);
            to.execute("ALTER SUBSCRIPTION nvsentinel_move DISABLE;"
                    + " ALTER SUBSCRIPTION nvsentinel_move SET (slot_name = NONE); DROP SUBSCRIPTION nvsentinel_move");
            from.execute("SELECT pg_drop_replication_slot('moving')");
            to.execute(statements.get(5));

            insert(to, "new");
            assertThat(next(to, 2)).containsExactly("not seen", "new");
            assertThat(to.queryForStrings("SELECT id::text FROM datastore_changelog ORDER BY id"))
                    .containsExactly("1", "2", "3");
        }
    }

    private static List<String> statements() throws IOException {
        String section = Files.readString(GUIDE)
                .split("## Move by logical replication\n")[1]
                .split("\n## ")[0];
        return Pattern.compile("(?ms)^ *```sql\\n(.*?)^ *```")
                .matcher(section)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static String connection(TestDatabase database) {
        return "host=%s port=%d dbname=%s user=%s"
                .formatted(database.host(), database.port(), database.name(), database.user());
    }

    private static List<String> next(TestDatabase database, int changes) {
        Datastore datastore = Databases.connect(database);
        ChangeStreams streams = ChangeStreams.of(datastore);
        WatchOptions options = WatchOptions.builder()
                .clientName(CLIENT)
                .startAt(StartAt.beginning())
                .build();
        try {
            return streams.watch(datastore.healthEvents(), options)
                    .take(changes)
                    .doOnNext(ChangeEvent::acknowledge)
                    .map(change -> change.after().event().nodeName())
                    .collectList()
                    .block(SOON);
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    private static void insert(TestDatabase database, String node) {
        database.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }
}
