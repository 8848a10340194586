// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Whether a migration can begin. Flyway would try ten times, a second apart, and then give another reason. Blocks. */
final class MigrationRights {

    private static final String LACK = """
            SELECT CASE
                WHEN schema.oid IS NULL AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
                    THEN 'CREATE on the database'
                WHEN schema.oid IS NOT NULL AND history.oid IS NULL
                        AND NOT pg_catalog.has_schema_privilege(schema.oid, 'CREATE')
                    THEN 'CREATE on the schema'
                WHEN history.oid IS NOT NULL AND NOT pg_catalog.has_table_privilege(history.oid, 'INSERT')
                    THEN 'INSERT on the table of migrations'
            END, pg_catalog.current_setting('transaction_read_only')
            FROM (VALUES (1)) AS one (row)
            LEFT JOIN pg_catalog.pg_namespace AS schema ON schema.nspname OPERATOR(pg_catalog.=) CAST(? AS name)
            LEFT JOIN pg_catalog.pg_class AS history ON history.relnamespace OPERATOR(pg_catalog.=) schema.oid
                AND history.relname OPERATOR(pg_catalog.=) CAST(? AS name)""";

    private final DataSource source;
    private final String schema;
    private final String history;

    MigrationRights(DataSource source, String schema, String history) {
        this.source = source;
        this.schema = schema;
        this.history = history;
    }

    /** Fails unless the user has the privileges, and transactions can write. */
    void require() throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(LACK)) {
            statement.setString(1, schema);
            statement.setString(2, history);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                requireWritable(rows.getString(2));
                requireNone(rows.getString(1));
            }
        }
    }

    /** As the server would say it to the first statement that writes. */
    private static void requireWritable(String readOnly) throws SQLException {
        if (readOnly.equals("on")) {
            throw new SQLException("transactions are read-only (default_transaction_read_only is on)", "25006");
        }
    }

    private void requireNone(@Nullable String missing) {
        if (missing != null) {
            throw new ConfigurationException(
                    "The user does not have the privilege " + missing + ", schema \"" + schema
                            + "\": migrate as the owner of the schema, or apply the SQL files as its owner",
                    "42501",
                    null);
        }
    }
}
