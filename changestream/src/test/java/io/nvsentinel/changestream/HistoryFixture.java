// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Sets the changelog of a test's database back, as a restore does or a server that lacks the last commits. */
final class HistoryFixture {

    private static final String INSERT = "INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
            + " jsonb_build_object('nodeName', '%s' || number)) FROM generate_series(1, %d) AS numbers (number)"
            + " ORDER BY number";

    private final PostgresDatabase database;

    HistoryFixture(PostgresDatabase database) {
        this.database = database;
    }

    /** Ids begin at 1 again. */
    void clear() {
        database.execute("SET nvsentinel.retention = 'on'; ALTER SEQUENCE datastore_changelog_id_seq RESTART; "
                + "TRUNCATE datastore_changelog");
        database.execute("DELETE FROM health_events");
        database.execute(
                "SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog, resume_tokens, handled_changes;"
                        + " ALTER SEQUENCE datastore_changelog_id_seq RESTART;"
                        + " UPDATE datastore_changelog_state SET oldest_id = 1, processed_id = 0,"
                        + " incarnation = gen_random_uuid();"
                        + " DROP TABLE IF EXISTS backup; CREATE TABLE backup (LIKE resume_tokens INCLUDING GENERATED)");
    }

    /** In one transaction, so that their ids are contiguous. */
    void insert(String prefix, int count) {
        database.execute(INSERT.formatted(prefix, count));
    }

    void insertOne(String node) {
        database.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }

    /** Draws ids that never appear. */
    void rollBack(int changes) {
        inTransaction(false, "SET CONSTRAINTS ALL IMMEDIATE", INSERT.formatted("rolled back", changes));
    }

    /** Up to a change everything is as it was; the others never happened, and new ones are there already. */
    void setBack(long last, String prefix, int count) {
        setBack(last, last, prefix, count);
    }

    /** Likewise, with ids that do not exist in the new history. */
    void setBack(long last, long sequence, String prefix, int count) {
        inTransaction(
                true,
                "LOCK TABLE datastore_changelog IN ACCESS EXCLUSIVE MODE",
                lose(last),
                "SELECT setval('datastore_changelog_id_seq', greatest(1, " + sequence + "), " + (sequence > 0) + ")",
                INSERT.formatted(prefix, count));
    }

    /** What no longer is there, its records included. */
    private static String lose(long last) {
        return "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture;"
                + " DELETE FROM health_events WHERE id IN (SELECT record_id FROM datastore_changelog WHERE id > " + last
                + "); ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture;"
                + " SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog WHERE id > " + last;
    }

    /** Remembers where clients are stored. */
    void backUp() {
        database.execute(
                "TRUNCATE backup; INSERT INTO backup (client_name, epoch, owner, last_seen, leased_until, cut_off,"
                        + " fresh, group_name, last_updated, resume_token) SELECT client_name, epoch, owner, last_seen,"
                        + " leased_until, cut_off, fresh, group_name, last_updated, resume_token FROM resume_tokens");
    }

    /** As {@link #setBack}, and clients keep their positions. */
    void restore(long last, String prefix, int count) {
        inTransaction(
                true,
                "LOCK TABLE datastore_changelog IN ACCESS EXCLUSIVE MODE",
                "UPDATE resume_tokens AS now SET resume_token = backup.resume_token FROM backup"
                        + " WHERE now.client_name = backup.client_name",
                lose(last),
                "SELECT setval('datastore_changelog_id_seq', " + last + ")",
                INSERT.formatted(prefix, count));
    }

    private void inTransaction(boolean commit, String... statements) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot set the history back", e);
        }
    }

    /** The nodes of all records. */
    List<String> nodes() {
        return database.get().queryForStrings("SELECT data #>> '{healthevent,nodeName}' FROM health_events");
    }

    long stored(String client) {
        return Long.parseLong(
                database.queryForString("SELECT position FROM resume_tokens WHERE client_name = '" + client + "'"));
    }

    void awaitStored(String client, long position) {
        Await.until("the stored position " + position, TestStreams.SOON, () -> stored(client) == position);
    }

    boolean isFree(String client) {
        return database.get()
                .queryForStrings("SELECT client_name FROM resume_tokens WHERE leased_until IS NULL AND client_name = '"
                        + client + "'")
                .contains(client);
    }
}
