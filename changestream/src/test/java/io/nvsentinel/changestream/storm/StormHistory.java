// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Backs the database up and restores it, with everything in it as of one moment, while it is used. What was ever committed is
 * noted beside it, with the generations between two restores in which it existed.
 */
final class StormHistory {

    private static final List<String> RESTORED =
            List.of("datastore_changelog", "datastore_changelog_state", "resume_tokens", "handled_changes");

    private static final String SCHEMA = """
            CREATE TABLE storm_generation (n int NOT NULL);
            INSERT INTO storm_generation VALUES (0);
            CREATE TABLE storm_audit (id bigint, stamp text, born int, lost int);
            CREATE FUNCTION storm_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
                BEGIN
                    INSERT INTO storm_audit
                    SELECT NEW.id, NEW.new_values #>> '{healthevent,nodeName}', n FROM storm_generation;
                    RETURN NULL;
                END $$;
            CREATE TRIGGER storm_audit AFTER INSERT ON datastore_changelog FOR EACH ROW EXECUTE FUNCTION storm_audit();
            ALTER TABLE maintenance_events DISABLE TRIGGER nvsentinel_capture""";

    /** Writers first, then readers that store positions. */
    private static final String LOCK = "LOCK TABLE health_events, datastore_changelog, datastore_changelog_state,"
            + " resume_tokens, handled_changes, maintenance_events IN ACCESS EXCLUSIVE MODE";

    private final TestDatabase database;
    private int generation;

    StormHistory(TestDatabase database) {
        this.database = database;
        database.execute(SCHEMA);
    }

    /**
     * A change that was committed.
     *
     * @param id its place in the order
     * @param stamp what was written
     * @param born the first generation that has it
     * @param lost the first generation after it that has not
     */
    record Committed(long id, String stamp, int born, int lost) {

        boolean isIn(int generation) {
            return born <= generation && generation < lost;
        }
    }

    int generation() {
        return generation;
    }

    boolean backUp() {
        List<String> statements = new ArrayList<>(List.of(LOCK));
        for (String table : RESTORED) {
            statements.add("DROP TABLE IF EXISTS backup_" + table);
            statements.add("CREATE TABLE backup_" + table + " AS SELECT * FROM " + table);
        }
        statements.add("DROP TABLE IF EXISTS backup_records, backup_effects");
        statements.add("CREATE TABLE backup_records AS SELECT id, data FROM health_events");
        statements.add("CREATE TABLE backup_effects AS SELECT id FROM maintenance_events");
        return inTransaction(statements);
    }

    /**
     * Restores an earlier state.
     *
     * @param quickly whether new changes have passed the lost ones before a reader reads
     */
    boolean restore(boolean quickly) {
        List<String> statements = new ArrayList<>(List.of(
                LOCK,
                "UPDATE storm_generation SET n = n + 1",
                "UPDATE storm_audit SET lost = (SELECT n FROM storm_generation) WHERE lost IS NULL AND id > greatest("
                        + "(SELECT max(id) FROM backup_datastore_changelog),"
                        + " (SELECT oldest_id - 1 FROM backup_datastore_changelog_state))",
                "SELECT setval('datastore_changelog_id_seq', greatest((SELECT max(id) FROM backup_datastore_changelog),"
                        + " (SELECT oldest_id - 1 FROM backup_datastore_changelog_state), 1))",
                "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture",
                "DELETE FROM health_events WHERE id NOT IN (SELECT id FROM backup_records)",
                "ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture",
                "DELETE FROM maintenance_events WHERE id NOT IN (SELECT id FROM backup_effects)",
                "SET LOCAL session_replication_role = replica"));
        for (String table : RESTORED) {
            statements.add("DELETE FROM " + table);
            statements.add(
                    table.equals("resume_tokens")
                            ? "INSERT INTO resume_tokens (client_name, epoch, owner, last_seen, "
                                    + "leased_until, cut_off, fresh,"
                                    + " group_name, last_updated, resume_token) SELECT client_name, epoch, "
                                    + "owner, last_seen,"
                                    + " leased_until, cut_off, fresh, group_name, last_updated, resume_token"
                                    + " FROM backup_resume_tokens"
                            : "INSERT INTO " + table + " SELECT * FROM backup_" + table);
        }
        if (quickly) {
            statements.add("SET LOCAL session_replication_role = origin");
            statements.add("INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
                    + " jsonb_build_object('nodeName', 'restored-' || n || '-' || number)) "
                    + "FROM storm_generation,"
                    + " generate_series(1, 20 + (SELECT count(*) FROM storm_audit WHERE lost "
                    + "= n)) AS numbers (number)");
        }
        boolean done = inTransaction(statements);
        generation += done ? 1 : 0;
        return done;
    }

    /** The victim of a deadlock may be this session or another one. */
    private boolean inTransaction(List<String> statements) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
            return true;
        } catch (SQLException e) {
            if (e.getSQLState().equals("40P01")) {
                return false;
            }
            throw new IllegalStateException("Cannot set the history back", e);
        }
    }

    List<Committed> committed() {
        return database
                .queryForStrings("SELECT id || ' ' || stamp || ' ' || born || ' ' || coalesce(lost, 1000000)"
                        + " FROM storm_audit ORDER BY id")
                .stream()
                .map(line -> line.split(" "))
                .map(part -> new Committed(
                        Long.parseLong(part[0]), part[1], Integer.parseInt(part[2]), Integer.parseInt(part[3])))
                .toList();
    }
}
