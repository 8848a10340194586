// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The changes that one transaction makes of a record are captured in their order, regardless of what it does with constraints. */
@Tag("essential")
class CaptureOrderTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String RECORD = "'00000000-0000-0000-0000-000000000001'";
    private static final String INSERT = "INSERT INTO health_events (id, data) VALUES (" + RECORD + ", '{}')";
    private static final String UPDATE =
            "UPDATE health_events SET data = data || '{\"more\": true}' WHERE id = " + RECORD;
    private static final String DELETE = "DELETE FROM health_events WHERE id = " + RECORD;
    private static final String UNDONE_CAPTURE =
            "SAVEPOINT a; SAVEPOINT b; SET CONSTRAINTS ALL IMMEDIATE; RELEASE b; ROLLBACK TO a;";

    @BeforeEach
    void empty() {
        DATABASE.execute("TRUNCATE health_events");
        DATABASE.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog");
    }

    @Test
    void aDeletionDoesNotOvertakeAnInsertionWhoseCaptureWasRolledBack() {
        DATABASE.execute("BEGIN; " + INSERT + "; " + UNDONE_CAPTURE + DELETE + "; COMMIT");

        assertThat(operations()).containsExactly("INSERT", "DELETE");
    }

    @Test
    void anInsertionDoesNotOvertakeADeletionOfTheSameId() {
        DATABASE.execute(INSERT);
        DATABASE.execute("BEGIN; " + DELETE + "; " + UNDONE_CAPTURE + INSERT + "; COMMIT");

        assertThat(operations()).containsExactly("INSERT", "DELETE", "INSERT");
    }

    @Test
    void changesBehindSeveralRolledBackCapturesKeepTheirOrder() {
        DATABASE.execute("BEGIN; " + INSERT + "; " + UPDATE + "; " + UNDONE_CAPTURE + UPDATE + "; " + UNDONE_CAPTURE
                + DELETE + "; " + UNDONE_CAPTURE + INSERT + "; COMMIT");

        assertThat(operations()).containsExactly("INSERT", "UPDATE", "UPDATE", "DELETE", "INSERT");
    }

    @Test
    void anExceptionBlockDoesNotReverseTheOrder() {
        DATABASE.execute("DO $$ BEGIN " + INSERT + "; "
                + " BEGIN BEGIN SET CONSTRAINTS ALL IMMEDIATE; EXCEPTION WHEN unique_violation THEN NULL; END;"
                + " RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; "
                + DELETE + "; END $$");

        assertThat(operations()).containsExactly("INSERT", "DELETE");
    }

    @Test
    void captureWorksAfterTheSessionForgotItsSequences() {
        DATABASE.execute(INSERT + "; DISCARD SEQUENCES");
        DATABASE.execute("BEGIN; " + INSERT.replace("0001'", "0002'") + "; COMMIT; DISCARD SEQUENCES; BEGIN; " + UPDATE
                + "; COMMIT; BEGIN; " + UPDATE + "; ROLLBACK; BEGIN; SET CONSTRAINTS ALL IMMEDIATE; " + UPDATE
                + "; ROLLBACK; " + DELETE);

        assertThat(operations()).containsExactly("INSERT", "INSERT", "UPDATE", "DELETE");
    }

    @Test
    void everyTransactionsChangesAreCapturedInTheirOrder() throws SQLException {
        long seed = Long.getLong("storm.seed", System.nanoTime());
        try (Connection connection = DATABASE.connect()) {
            connection.setAutoCommit(false);
            Transactions transactions = new Transactions(connection, new Random(seed));
            for (int i = 0; i < 400; i++) {
                transactions.run();
            }
            assertThat(transactions.captured()).as("seed %d", seed).isEqualTo(transactions.made());
        }
    }

    private static List<String> operations() {
        return DATABASE.get().queryForStrings("SELECT operation FROM datastore_changelog ORDER BY id");
    }

    /** Random statements of one session on one record, and what they make of it. */
    private static final class Transactions {

        private static final UUID ID = new UUID(0, 7);

        private final Connection connection;
        private final Random random;
        private final Deque<Saved> savepoints = new ArrayDeque<>();
        private List<String> made = new ArrayList<>();
        private boolean exists;
        private int count;

        Transactions(Connection connection, Random random) {
            this.connection = connection;
            this.random = random;
        }

        private record Saved(List<String> made, boolean exists) {}

        void run() throws SQLException {
            Saved before = new Saved(List.copyOf(made), exists);
            for (int steps = 3 + random.nextInt(12); steps > 0; steps--) {
                step();
            }
            savepoints.clear();
            if (random.nextInt(8) == 0) {
                connection.rollback();
                restore(before);
            } else {
                connection.commit();
            }
        }

        private void step() throws SQLException {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> change();
                case 9 -> execute(UNDONE_CAPTURE);
                case 3, 4 -> {
                    savepoints.push(new Saved(List.copyOf(made), exists));
                    execute("SAVEPOINT s" + savepoints.size());
                }
                case 5 -> execute("SET CONSTRAINTS ALL IMMEDIATE");
                case 6 -> execute("SET CONSTRAINTS ALL " + (random.nextBoolean() ? "DEFERRED" : "IMMEDIATE"));
                case 7 -> {
                    if (!savepoints.isEmpty()) {
                        execute("RELEASE s" + savepoints.size());
                        savepoints.pop();
                    }
                }
                default -> {
                    if (!savepoints.isEmpty()) {
                        execute("ROLLBACK TO s" + savepoints.size());
                        restore(savepoints.peek());
                    }
                }
            }
        }

        private void change() throws SQLException {
            String document = "{\"number\": " + ++count + "}";
            if (!exists) {
                made.add("INSERT " + count);
                write("INSERT INTO health_events (data, id) VALUES (CAST(? AS jsonb), ?)", document);
                exists = true;
            } else if (random.nextInt(3) > 0) {
                made.add("UPDATE " + count);
                write("UPDATE health_events SET data = CAST(? AS jsonb) WHERE id = ?", document);
            } else {
                String last = made.get(made.size() - 1);
                made.add("DELETE" + last.substring(last.indexOf(' ')));
                execute("DELETE FROM health_events WHERE id = '" + ID + "'");
                exists = false;
            }
        }

        private void restore(Saved saved) {
            made = new ArrayList<>(saved.made());
            exists = saved.exists();
        }

        private void write(String sql, String document) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, document);
                statement.setObject(2, ID);
                statement.executeUpdate();
            }
        }

        private void execute(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }

        List<String> made() {
            return made;
        }

        List<String> captured() throws SQLException {
            List<String> captured = new ArrayList<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT operation || ' ' ||"
                            + " (coalesce(new_values, old_values) ->> 'number') FROM datastore_changelog"
                            + " WHERE record_id = '" + ID + "' ORDER BY id")) {
                while (rows.next()) {
                    captured.add(rows.getString(1));
                }
            }
            return captured;
        }
    }
}
