// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.UUID;
import org.postgresql.PGConnection;

/** One writer's statements, each of which writes a new version and a unique stamp. */
final class StormOperations {

    private static final int RECORDS = 8;

    private final Connection connection;
    private final Statement statement;
    private final Random random;
    private final Target target;

    StormOperations(Connection connection, Statement statement, Random random) {
        this.connection = connection;
        this.statement = statement;
        this.random = random;
        this.target = random.nextInt(6) == 0 ? Target.MAINTENANCE : Target.HEALTH;
    }

    /**
     * A collection, and how its documents are made.
     *
     * @param table the collection
     * @param stamped the members that hold the stamp, of a row with the given id
     */
    private record Target(String table, String stamped) {

        static final Target HEALTH = new Target(
                "health_events", "'healthevent', jsonb_build_object('nodeName', nextval('storm_stamp')::text)");
        static final Target MAINTENANCE =
                new Target("maintenance_events", "'nodeName', nextval('storm_stamp')::text, 'eventId', %s::text");

        String first(String id) {
            return "jsonb_build_object('version', 1, " + stamped.formatted(id) + ")";
        }

        String next() {
            String id = table + ".id";
            return "%1$s.data || jsonb_build_object('version', (%1$s.data->>'version')::bigint + 1, %2$s)"
                    .formatted(table, stamped.formatted(id));
        }
    }

    void any() throws SQLException {
        switch (random.nextInt(10)) {
            case 0 ->
                execute("INSERT INTO %s (id, data) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET data = %s", true);
            case 1 -> execute("INSERT INTO %s (id, data) VALUES (%s, %s) ON CONFLICT DO NOTHING", false);
            case 2 -> insertMany();
            case 3 -> copy();
            case 4 -> updateMany();
            case 5 -> {
                delete();
                execute("INSERT INTO %s (id, data) VALUES (%s, %s) ON CONFLICT DO NOTHING", false);
            }
            case 6 -> delete();
            case 7 -> deleteMany();
            default -> update();
        }
    }

    void truncate() throws SQLException {
        statement.execute("TRUNCATE " + target.table());
    }

    /** A new record, which no other writer touches. */
    String insertOne() throws SQLException {
        String id = "uuid '" + new UUID(random.nextLong(), System.nanoTime()) + "'";
        statement.execute(
                "INSERT INTO " + target.table() + " (id, data) VALUES (" + id + ", " + target.first(id) + ")");
        return id;
    }

    void delete(String id) throws SQLException {
        statement.execute("DELETE FROM " + target.table() + " WHERE id = " + id);
    }

    /** Commits in the middle, outside a transaction block. */
    void procedure() throws SQLException {
        statement.execute("CALL storm_twice($storm$" + change() + "$storm$, $storm$" + change() + "$storm$)");
    }

    /** The second change is undone by an exception below it, or it undoes the constraints' mode. */
    void block() throws SQLException {
        statement.execute("""
                DO $storm$
                BEGIN
                    %s;
                    BEGIN
                        SET CONSTRAINTS ALL IMMEDIATE;
                        %s;
                        RAISE division_by_zero;
                    EXCEPTION WHEN division_by_zero THEN
                        %s;
                    END;
                END $storm$""".formatted(change(), change(), change()));
    }

    private String change() {
        return "UPDATE " + target.table() + " SET data = " + target.next() + " WHERE id = " + record();
    }

    private void execute(String insertion, boolean updates) throws SQLException {
        String id = record();
        statement.execute(
                updates
                        ? insertion.formatted(target.table(), id, target.first(id), target.next())
                        : insertion.formatted(target.table(), id, target.first(id)));
    }

    private void insertMany() throws SQLException {
        statement.execute("INSERT INTO " + target.table() + " (id, data) SELECT fresh.id, " + target.first("fresh.id")
                + " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, " + (1 + random.nextInt(5))
                + ")) AS fresh");
    }

    private void copy() throws SQLException {
        StringBuilder rows = new StringBuilder();
        for (int row = 1 + random.nextInt(3); row > 0; row--) {
            UUID id = new UUID(random.nextLong(), System.nanoTime());
            rows.append(id).append("\t{\"version\":1,\"eventId\":\"").append(id).append("\",\"nodeName\":\"copied ");
            rows.append(id)
                    .append("\",\"healthevent\":{\"nodeName\":\"copied ")
                    .append(id)
                    .append("\"}}\n");
        }
        try {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + target.table() + " (id, data) FROM STDIN", new StringReader(rows.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void update() throws SQLException {
        statement.execute(change());
    }

    private void updateMany() throws SQLException {
        statement.execute("UPDATE " + target.table() + " SET data = " + target.next() + " WHERE id IN (" + record()
                + ", " + record() + ", " + record() + ")");
    }

    private void delete() throws SQLException {
        delete(record());
    }

    private void deleteMany() throws SQLException {
        statement.execute("DELETE FROM " + target.table() + " WHERE id IN (SELECT id FROM " + target.table()
                + " ORDER BY created_at LIMIT " + (1 + random.nextInt(6)) + ")");
    }

    private String record() {
        long number = random.nextInt(RECORDS);
        return "uuid '" + new UUID(target == Target.HEALTH ? 0x4000 : 0x4001, 0x8000000000000000L + number) + "'";
    }
}
