// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions to the server, with answers as text. */
final class Sql {

    private Sql() {}

    /** All rows, each with its columns; SQL nulls are null. */
    static List<List<@Nullable String>> rows(Connection connection, String sql, Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet result = statement.executeQuery()) {
                List<List<@Nullable String>> rows = new ArrayList<>();
                while (result.next()) {
                    rows.add(row(result));
                }
                return rows;
            }
        }
    }

    /** The one row of a query that always has one. */
    static List<@Nullable String> one(Connection connection, String sql, Object... parameters) throws SQLException {
        return rows(connection, sql, parameters).get(0);
    }

    private static List<@Nullable String> row(ResultSet result) throws SQLException {
        List<@Nullable String> row = new ArrayList<>();
        for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
            row.add(result.getString(column));
        }
        return row;
    }

    /** Names the schema of the datastore's objects: behind a pooler the search path may be that of another session. */
    static String in(String schema, String sql) {
        return sql.replace("{schema}", quoted(schema));
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
