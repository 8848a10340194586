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
 * Stores batches, each in a transaction: COPY into a temporary table, and from there what is not in the collection yet. What
 * the server refuses is found by halving the batch.
 */
final class CollectionWriter {

    private static final String STAGE = "CREATE TEMPORARY TABLE import_batch"
            + " (number int NOT NULL, id uuid NOT NULL, created_at timestamptz, data jsonb NOT NULL) ON COMMIT DELETE ROWS";
    private static final String COPY = "COPY import_batch FROM STDIN";

    /** SQLSTATE classes by which the server says that it is the data's fault. */
    private static final Set<String> FAULTS_OF_DATA = Set.of("22", "23", "54");

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final int LOCK_ATTEMPTS = 30;
    private static final int COPY_BUFFER_BYTES = 64 << 10;

    private final Connection connection;
    private final CollectionTable collection;
    private boolean mostWereThere = true;

    /**
     * Makes ready.
     *
     * @param connection not used by anybody else
     * @param collection where records go
     */
    CollectionWriter(Connection connection, CollectionTable collection) throws SQLException {
        this.connection = connection;
        this.collection = collection;
        execute(STAGE);
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
        List<ConvertedDocument> missing = mostWereThere ? missing(documents) : documents;
        List<Batch.Reject> refused = new ArrayList<>();
        int stored = missing.isEmpty() ? 0 : store(missing, refused);
        int present = documents.size() - stored - refused.size();
        mostWereThere = 2 * present > documents.size();
        return new Outcome(stored, present, refused);
    }

    /** Where an earlier run has been, looking is faster than writing. */
    private List<ConvertedDocument> missing(List<ConvertedDocument> documents) throws SQLException {
        Set<UUID> present = new HashSet<>();
        String sql = "SELECT id FROM " + collection.table() + " WHERE id = ANY (?)";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
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
            return storeWhenFree(documents, refused);
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

    /** Others may hold the table for long; waiting for them without end would make everybody else wait behind us. */
    private int storeWhenFree(List<ConvertedDocument> documents, List<Batch.Reject> refused) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                return storeOnce(documents, refused);
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState()) || attempt == LOCK_ATTEMPTS) {
                    throw e;
                }
                connection.rollback();
            }
        }
    }

    private int storeOnce(List<ConvertedDocument> documents, List<Batch.Reject> refused) throws SQLException {
        copy(documents);
        collection.beginWriting();
        int stored = execute("INSERT INTO " + collection.table() + " (id, created_at, data)"
                + " SELECT id, coalesce(created_at, now()), data FROM import_batch ON CONFLICT DO NOTHING");
        collection.endWriting();
        List<Batch.Reject> kept = stored == documents.size() ? List.of() : kept(documents);
        connection.commit();
        refused.addAll(kept);
        return stored;
    }

    private void copy(List<ConvertedDocument> documents) throws SQLException {
        try (OutputStream out =
                new PGCopyOutputStream(connection.unwrap(PGConnection.class), COPY, COPY_BUFFER_BYTES)) {
            int number = 0;
            for (ConvertedDocument document : documents) {
                String created = document.createdAt() == null
                        ? "\\N"
                        : document.createdAt().toString();
                out.write(
                        (number++ + "\t" + document.id() + "\t" + created + "\t").getBytes(StandardCharsets.US_ASCII));
                escape(document.json(), out);
                out.write('\n');
            }
        } catch (IOException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
    }

    /** JSON on one line has no other character that COPY takes for one of its own. */
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

    /** Those that neither were stored nor are there: another record has what must be unique. */
    private List<Batch.Reject> kept(List<ConvertedDocument> documents) throws SQLException {
        String sql = "SELECT number FROM import_batch b WHERE NOT EXISTS" + " (SELECT FROM " + collection.table()
                + " t WHERE t.id = b.id) ORDER BY number";
        List<Batch.Reject> kept = new ArrayList<>();
        try (Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery(sql)) {
            while (rows.next()) {
                kept.add(new Batch.Reject(
                        documents.get(rows.getInt(1)).source(),
                        "another record has the same key: its eventId or its idempotency key"));
            }
        }
        return kept;
    }

    /** The server's message and what it names, without the detail, which may quote the document. */
    private static String reason(SQLException error) {
        ServerErrorMessage message = error instanceof PSQLException answer ? answer.getServerErrorMessage() : null;
        return "PostgreSQL refuses it: "
                + (message == null ? error.getMessage() : message.getMessage())
                + " (SQLSTATE " + error.getSQLState() + ")";
    }

    private int execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }
}
