// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What an insert writes into the log and takes of the server's time: with more indexes and capture, with less, and into a table
 * that has nothing but a primary key.
 */
final class WriteAmplification implements Scenario {

    private static final String LOG = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    private static final String INDEXES = "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index"
            + " WHERE indrelid = 'health_events'::regclass AND NOT indisprimary";
    private static final String EVENTS = "health_events";
    private static final String BARE = "(id, data), primary key only";
    private static final String BARE_TABLE = "bare";

    @Override
    public String name() {
        return "write-amplification";
    }

    @Override
    public String description() {
        return "bytes of WAL and time of the server for each insert: with the index of full-text search, as it is, without"
                + " capture, without secondary indexes, and into a table (id, data) with only a primary key; documents of"
                + " Extended JSON too";
    }

    @Override
    public void run(Stage stage) {
        Database library = stage.server().create(Capture.LIBRARY);
        Database searched = stage.server().create(Capture.LIBRARY);
        searched.execute("SELECT nvsentinel_create_text_index('health_events')");
        Database none = stage.server().create(Capture.NONE);
        Database bare = stage.server().create(Capture.NONE);
        bare.execute("DROP INDEX " + bare.text(INDEXES));
        int inserts = stage.choose(50, 3_000, 10_000);
        none.execute(
                "CREATE TABLE " + BARE_TABLE + " (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb NOT NULL)");
        List<Contender<Cost>> contenders = List.of(
                new Contender<>(Ours.NAME, () -> insert(library, EVENTS, inserts)),
                new Contender<>(Ours.NAME + ", text index", () -> insert(searched, EVENTS, inserts)),
                new Contender<>("no capture", () -> insert(none, EVENTS, inserts)),
                new Contender<>("no capture, primary key only", () -> insert(bare, EVENTS, inserts)),
                new Contender<>(BARE, () -> insert(none, BARE_TABLE, inserts)));
        Map<String, List<Cost>> costs = stage.rounds("inserts").warmedUp(contenders);
        stage.report().figure(new Figure(name(), "WAL of an insert", "bytes", series(costs, Cost::bytes), List.of()));
        stage.report()
                .figure(new Figure(
                        name(),
                        "an insert in a batch of " + inserts + ", commit included",
                        "µs",
                        series(costs, Cost::micros),
                        List.of(Goal.atMost(Ours.NAME, 1.8, BARE))));
        String extended = Documents.extendedJson(0);
        List<Series> ofExtended = stage
                .rounds("inserts of Extended JSON")
                .warmedUp(List.of(
                        new Contender<>(Ours.NAME, () -> batch(library, EVENTS, extended, inserts)),
                        new Contender<>(BARE, () -> batch(none, BARE_TABLE, extended, inserts))))
                .entrySet()
                .stream()
                .map(entry -> new Series(entry.getKey(), entry.getValue()))
                .toList();
        stage.report()
                .figure(new Figure(
                        name(),
                        "an Extended JSON document in a batch of " + inserts + ", commit included",
                        "µs",
                        ofExtended,
                        List.of(Goal.atMost(Ours.NAME, 2.5, BARE))));
        stage.server().dropAll();
    }

    private record Cost(double bytes, double micros) {}

    private static List<Series> series(Map<String, List<Cost>> costs, ToDoubleFunction<Cost> part) {
        return costs.entrySet().stream()
                .map(entry -> Series.of(entry.getKey(), entry.getValue(), part))
                .toList();
    }

    /** Bytes by inserts that commit one by one; time by one statement, so that the way to the server does not count. */
    private static Cost insert(Database database, String table, int inserts) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            // Whole pages are logged once after each checkpoint: not what is looked for, so it happens before.
            statement.execute("CHECKPOINT");
            single(connection, table, inserts / 10 + 1);
            long before = log(statement);
            single(connection, table, inserts);
            double bytes = (double) (log(statement) - before) / inserts;
            return new Cost(bytes, micros(statement, table, Documents.text(0), inserts));
        }
    }

    private static double batch(Database database, String table, String document, int inserts) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
            return micros(statement, table, document, inserts);
        }
    }

    private static double micros(Statement statement, String table, String document, int inserts) throws SQLException {
        long start = System.nanoTime();
        statement.execute("INSERT INTO " + table + " (data) SELECT '" + document.replace("'", "''")
                + "'::jsonb FROM generate_series(1, " + inserts + ")");
        return (System.nanoTime() - start) / 1e3 / inserts;
    }

    private static long log(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(LOG)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void single(Connection connection, String table, int inserts) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + table + " (data) VALUES (?::jsonb)")) {
            for (int i = 0; i < inserts; i++) {
                insert.setString(1, Documents.text(i));
                insert.executeUpdate();
            }
        }
    }
}
