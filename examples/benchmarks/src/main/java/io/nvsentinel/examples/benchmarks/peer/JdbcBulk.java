// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.postgresql.PGConnection;

/** Bulk inserts over one JDBC connection. */
public final class JdbcBulk implements AutoCloseable {

    private final Connection connection;

    /**
     * Connects.
     *
     * @param database where
     */
    public JdbcBulk(Database database) {
        Properties properties = new Properties();
        properties.setProperty("reWriteBatchedInserts", "true");
        connection = database.connect(properties);
        try {
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Stores documents with batches that the driver rewrites into statements of many rows.
     *
     * @param json the documents
     * @param batch after how many rows a batch is sent and committed
     * @throws SQLException if the driver fails
     */
    public void insert(List<byte[]> json, int batch) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(Jdbc.INSERT)) {
            for (int i = 0; i < json.size(); i++) {
                insert.setString(1, new String(json.get(i), StandardCharsets.UTF_8));
                insert.addBatch();
                if ((i + 1) % batch == 0 || i + 1 == json.size()) {
                    insert.executeBatch();
                    connection.commit();
                }
            }
        }
    }

    /**
     * Stores documents with COPY: the fastest that PostgreSQL has, without ids and only for rows of one's own.
     *
     * @param json the documents
     * @throws SQLException if the driver fails
     * @throws IOException never
     */
    public void copy(List<byte[]> json) throws SQLException, IOException {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        for (byte[] document : json) {
            String text = new String(document, StandardCharsets.UTF_8);
            rows.write(text.replace("\\", "\\\\").getBytes(StandardCharsets.UTF_8));
            rows.write('\n');
        }
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY health_events (data) FROM STDIN", new ByteArrayInputStream(rows.toByteArray()));
        connection.commit();
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
