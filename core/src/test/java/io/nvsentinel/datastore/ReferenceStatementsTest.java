// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nvsentinel.testserver.PostgresDatabase;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Statements that operators of the Go provider know by heart run here unchanged. */
@Tag("essential")
class ReferenceStatementsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String DOCUMENTS = """
            {"id": "a", "timestamp": "2026-10-17T02:20:51Z", "healthevent": {"nodeName": "node-1"}}
            {"id": "b", "timestamp": "2026-10-17T02:20:52Z", "healthevent": {"nodeName": "it\\\\\\\\'s \\\\"b\\\\""}}
            """;

    @BeforeEach
    void copy() {
        DATABASE.execute("DELETE FROM health_events");
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
        assertThat(copyIn("COPY health_events(data) FROM STDIN", DOCUMENTS)).isEqualTo(2);
    }

    @Test
    void copiesAndSelectsDocuments() {
        assertThat(rows("SELECT data->>'id', data->>'timestamp' FROM health_events"))
                .containsExactlyInAnyOrder("a, 2026-10-17T02:20:51Z", "b, 2026-10-17T02:20:52Z");
        assertThat(rows("SELECT node_name FROM health_events ORDER BY node_name"))
                .containsExactly("it\\'s \"b\"", "node-1");
    }

    @Test
    void countsPendingChanges() {
        assertThat(
                        rows(
                                "SELECT table_name, COUNT(*) FROM datastore_changelog WHERE processed = FALSE GROUP BY table_name"))
                .containsExactly("health_events, 2");
        assertThat(rows("SELECT table_name, COUNT(*) as pending, MIN(changed_at) as oldest FROM datastore_changelog"
                        + " WHERE processed = FALSE GROUP BY table_name;"))
                .singleElement()
                .asString()
                .startsWith("health_events, 2, 20");
    }

    @Test
    void measuresTables() {
        assertThat(
                        rows(
                                "SELECT schemaname, tablename,"
                                        + " pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) AS size FROM pg_tables"
                                        + " WHERE schemaname = 'public' ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;"))
                .anyMatch(row -> row.startsWith("public, health_events, "))
                .anyMatch(row -> row.startsWith("public, maintenance_events, "))
                .anyMatch(row -> row.startsWith("public, datastore_changelog, "))
                .anyMatch(row -> row.startsWith("public, resume_tokens, "));
    }

    @Test
    void listsSessions() {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).applicationName("fault-quarantine"));
        try {
            assertThat(rows("SELECT count(*), state FROM pg_stat_activity WHERE datname = '"
                            + DATABASE.get().name() + "' GROUP BY state;"))
                    .contains("1, idle");
            assertThat(rows("SELECT application_name, usename, state FROM pg_stat_activity WHERE datname = '"
                            + DATABASE.get().name() + "' AND state = 'idle';"))
                    .containsExactly("fault-quarantine, " + DATABASE.get().user() + ", idle");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void countsAndShowsTheRest() {
        assertThat(rows("SELECT COUNT(*) FROM datastore_changelog;")).containsExactly("2");
        assertThat(rows("SELECT * FROM resume_tokens;")).isEmpty();
        assertThat(rows("EXPLAIN SELECT * FROM health_events WHERE node_name = 'node-1'"))
                .isNotEmpty();
    }

    private static long copyIn(String sql, String text) {
        ByteBuf bytes = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
        return with(connection -> connection.copyIn(sql).from(bytes).build());
    }

    private static List<String> rows(String sql) {
        return with(connection -> Flux.from(connection.createStatement(sql).execute())
                .concatMap(result -> result.map((row, metadata) -> {
                    List<String> values = new ArrayList<>();
                    for (int i = 0; i < metadata.getColumnMetadatas().size(); i++) {
                        values.add(row.get(i, String.class));
                    }
                    return String.join(", ", values);
                }))
                .collectList());
    }

    private static <T> T with(Function<PostgresqlConnection, Mono<T>> work) {
        return Mono.usingWhen(
                        Databases.driver(DATABASE.get(), DATABASE.get().port()).create(),
                        work,
                        PostgresqlConnection::close)
                .block(SOON);
    }
}
