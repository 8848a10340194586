// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
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

/** What an insert writes into the log and takes of the server's time: with more indexes and capture, and with less. */
final class WriteAmplification implements Scenario {

    private static final String LOG = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    private static final String INDEXES = "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index"
            + " WHERE indrelid = 'health_events'::regclass AND NOT indisprimary";

    @Override
    public String name() {
        return "write-amplification";
    }

    @Override
    public String description() {
        return "bytes of WAL and time of the server for each insert: with the index of full-text search, as it is, without"
                + " capture, without secondary indexes";
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
        List<Contender<Cost>> contenders = List.of(
                new Contender<>(Ours.NAME, () -> insert(library, inserts)),
                new Contender<>(Ours.NAME + ", text index", () -> insert(searched, inserts)),
                new Contender<>("no capture", () -> insert(none, inserts)),
                new Contender<>("no capture, primary key only", () -> insert(bare, inserts)));
        Map<String, List<Cost>> costs = stage.rounds("inserts").warmedUp(contenders);
        figure(stage, "WAL of an insert", "bytes", costs, Function.BYTES);
        figure(stage, "an insert in a batch of " + inserts + ", commit included", "µs", costs, Function.MICROS);
        stage.server().dropAll();
    }

    private enum Function {
        BYTES,
        MICROS
    }

    private record Cost(double bytes, double micros) {

        double of(Function function) {
            return function == Function.BYTES ? bytes : micros;
        }
    }

    private void figure(Stage stage, String title, String unit, Map<String, List<Cost>> costs, Function function) {
        List<Series> series = costs.entrySet().stream()
                .map(entry -> Series.of(entry.getKey(), entry.getValue(), cost -> cost.of(function)))
                .toList();
        stage.report().figure(new Figure(name(), title, unit, series, List.of()));
    }

    /** Bytes by inserts that commit one by one; time by one statement, so that the way to the server does not count. */
    private static Cost insert(Database database, int inserts) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            // Whole pages are logged once after each checkpoint: not what is looked for, so it happens before.
            statement.execute("CHECKPOINT");
            single(connection, inserts / 10 + 1);
            long before = log(statement);
            single(connection, inserts);
            double bytes = (double) (log(statement) - before) / inserts;
            long start = System.nanoTime();
            statement.execute("INSERT INTO health_events (data) SELECT '"
                    + Documents.text(0).replace("'", "''") + "'::jsonb FROM generate_series(1, " + inserts + ")");
            return new Cost(bytes, (System.nanoTime() - start) / 1e3 / inserts);
        }
    }

    private static long log(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(LOG)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void single(Connection connection, int inserts) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO health_events (data) VALUES (?::jsonb)")) {
            for (int i = 0; i < inserts; i++) {
                insert.setString(1, Documents.text(i));
                insert.executeUpdate();
            }
        }
    }
}
