// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Stores batches, each in a transaction: what is not there yet goes straight into the table by COPY. Where something unique
 * turns out to be there after all, the batch goes by way of a temporary table, from which only the rest is taken. What the
 * server refuses is found by halving the batch.
 */
final class CollectionWriter {

    private static final String STAGE = "CREATE TEMPORARY TABLE import_batch"
            + " (id uuid NOT NULL, created_at timestamptz, data jsonb NOT NULL) ON COMMIT DELETE ROWS";
    private static final String COLUMNS = " (id, created_at, data)";

    private static final String NOT_UNIQUE = "23505";

    /** SQLSTATE classes by which the server says that it is the data's fault. */
    private static final Set<String> FAULTS_OF_DATA = Set.of("22", "23", "54");

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final int COPY_BUFFER_BYTES = 64 << 10;

    private final Connection connection;
    private final CollectionTable collection;
    private final long lockAttempts;
    private final OffsetDateTime importedAt;

    /**
     * Creates a writer.
     *
     * @param connection used only by this writer
     * @param collection the target collection
     * @param lockWait how long to wait for locks of other sessions on the table
     */
    CollectionWriter(Connection connection, CollectionTable collection, Duration lockWait) throws SQLException {
        this.connection = connection;
        this.collection = collection;
        this.lockAttempts = lockWait.dividedBy(CollectionTable.LOCK_WAIT);
        execute(STAGE);
        importedAt = now();
        connection.commit();
    }

    /**
     * What became of a batch.
     *
     * @param stored how many are new
     * @param present how many were there already
     * @param refused what the server refused
     */
    record Outcome(int stored, int present, List<Batch.Reject> refused) {}

    /**
     * Stores a batch. When it returns, everything is committed.
     *
     * @param documents the batch
     * @return what became of it
     * @throws SQLException if it is not the data's fault
     */
    Outcome store(List<ConvertedDocument> documents) throws SQLException {
        List<ConvertedDocument> missing = whenFree(() -> missing(documents));
        List<Batch.Reject> refused = new ArrayList<>();
        int stored = missing.isEmpty() ? 0 : store(missing, refused);
        return new Outcome(stored, documents.size() - stored - refused.size(), refused);
    }

    private OffsetDateTime now() throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("SELECT now()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class);
        }
    }

    private List<ConvertedDocument> missing(List<ConvertedDocument> documents) throws SQLException {
        Set<UUID> present = new HashSet<>();
        String sql = "SELECT id FROM " + collection.table() + " WHERE id = ANY (?)";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            collection.waitBriefly();
            Array ids = connection.createArrayOf(
                    "uuid", documents.stream().map(ConvertedDocument::id).toArray());
            select.setArray(1, ids);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    present.add(rows.getObject(1, UUID.class));
                }
            }
        } finally {
            connection.rollback();
        }
        return documents.stream()
                .filter(document -> !present.contains(document.id()))
                .toList();
    }

    private int store(List<ConvertedDocument> documents, List<Batch.Reject> refused) throws SQLException {
        try {
            return whenFree(() -> attempt(documents, refused));
        } catch (SQLException e) {
            connection.rollback();
            if (!FAULTS_OF_DATA.contains(String.valueOf(e.getSQLState()).substring(0, 2))) {
                throw e;
            }
            if (documents.size() == 1) {
                refused.add(new Batch.Reject(documents.get(0).source(), reason(e)));
                return 0;
            }
        }
        int half = documents.size() / 2;
        return store(documents.subList(0, half), refused) + store(documents.subList(half, documents.size()), refused);
    }

    /** What is done in a transaction. */
    private interface Work<T> {

        T run() throws SQLException;
    }

    /**
     * Other sessions may lock the table for a long time; waiting for them without limit would block all later sessions.
     */
    private <T> T whenFree(Work<T> work) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                return work.run();
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState()) || attempt >= lockAttempts) {
                    throw e;
                }
                connection.rollback();
            }
        }
    }

    private int attempt(List<ConvertedDocument> documents, List<Batch.Reject> refused) throws SQLException {
        try {
            collection.beginWriting();
            copy(documents, collection.table());
            collection.endWriting();
            connection.commit();
            return documents.size();
        } catch (SQLException e) {
            if (!NOT_UNIQUE.equals(e.getSQLState())) {
                throw e;
            }
            connection.rollback();
            return storeWhatIsNew(documents, refused);
        }
    }

    private int storeWhatIsNew(List<ConvertedDocument> documents, List<Batch.Reject> refused) throws SQLException {
        copy(documents, "import_batch");
        collection.beginWriting();
        int stored = execute(
                "INSERT INTO " + collection.table() + COLUMNS + " SELECT * FROM import_batch ON CONFLICT DO NOTHING");
        collection.endWriting();
        List<Batch.Reject> kept = kept(documents);
        connection.commit();
        refused.addAll(kept);
        return stored;
    }

    private void copy(List<ConvertedDocument> documents, String table) throws SQLException {
        PGConnection driver = connection.unwrap(PGConnection.class);
        String sql = "COPY " + table + COLUMNS + " FROM STDIN";
        try (OutputStream out = new PGCopyOutputStream(driver, sql, COPY_BUFFER_BYTES)) {
            for (ConvertedDocument document : documents) {
                Object created = document.createdAt() == null ? importedAt : document.createdAt();
                out.write((document.id() + "\t" + created + "\t").getBytes(StandardCharsets.US_ASCII));
                escape(document.json(), out);
                out.write('\n');
            }
        } catch (IOException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
    }

    /** JSON on one line contains no other character with a special meaning in COPY. */
    private static void escape(byte[] json, OutputStream out) throws IOException {
        int from = 0;
        for (int i = 0; i < json.length; i++) {
            if (json[i] == '\\') {
                out.write(json, from, i + 1 - from);
                from = i;
            }
        }
        out.write(json, from, json.length - from);
    }

    /** Records that were neither stored nor exist: another record has the same unique value. */
    private List<Batch.Reject> kept(List<ConvertedDocument> documents) throws SQLException {
        String sql = "SELECT id FROM import_batch b WHERE NOT EXISTS (SELECT FROM " + collection.table()
                + " t WHERE t.id = b.id)";
        Set<UUID> ids = new HashSet<>();
        try (Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery(sql)) {
            while (rows.next()) {
                ids.add(rows.getObject(1, UUID.class));
            }
        }
        return documents.stream()
                .filter(document -> ids.contains(document.id()))
                .map(document ->
                        new Batch.Reject(document.source(), "another record has the same eventId or idempotency key"))
                .toList();
    }

    /** The server's message and what it names, without the detail, which may quote the document. */
    private static String reason(SQLException error) {
        ServerErrorMessage message = error instanceof PSQLException answer ? answer.getServerErrorMessage() : null;
        return "PostgreSQL rejects it: "
                + (message == null ? error.getMessage() : message.getMessage())
                + " (SQLSTATE " + error.getSQLState() + ")";
    }

    private int execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }
}
