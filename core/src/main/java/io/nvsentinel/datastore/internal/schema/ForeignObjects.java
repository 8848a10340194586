// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Functions and operators in the schema that another user has created under a name that migrations call: they would run with
 * the rights of the migrating user. Blocks.
 */
final class ForeignObjects {

    /** Superusers and the schema's owner could do anything anyway. */
    private static final String FIND = """
            SELECT string_agg(found.text, ', ') FROM (
                SELECT object.kind || ' ' || object.name || ' of ' || owner.rolname AS text
                FROM pg_catalog.pg_namespace AS schema
                JOIN (
                    SELECT 'function', oid::regprocedure::text, proname::text, proowner, pronamespace FROM pg_catalog.pg_proc
                    UNION ALL
                    SELECT 'operator', oid::regoperator::text, oprname::text, oprowner, oprnamespace FROM pg_catalog.pg_operator
                ) AS object (kind, name, called, owner, namespace) ON object.namespace = schema.oid
                JOIN pg_catalog.pg_roles AS owner ON owner.oid = object.owner
                WHERE schema.nspname OPERATOR(pg_catalog.=) CAST(? AS name)
                    AND NOT owner.rolsuper AND owner.rolname OPERATOR(pg_catalog.<>) current_user
                    AND owner.oid OPERATOR(pg_catalog.<>) schema.nspowner
                    AND (pg_catalog.starts_with(object.called, CAST('nvsentinel_' AS text))
                        OR EXISTS (SELECT FROM pg_catalog.pg_proc AS own WHERE object.kind OPERATOR(pg_catalog.=) 'function'
                            AND own.pronamespace OPERATOR(pg_catalog.=) CAST('pg_catalog' AS regnamespace)
                            AND own.proname OPERATOR(pg_catalog.=) CAST(object.called AS name))
                        OR object.kind OPERATOR(pg_catalog.=) 'operator')
                ORDER BY pg_catalog.starts_with(object.called, CAST('nvsentinel_' AS text)) DESC, object.name
                LIMIT 5) AS found""";

    private final DataSource source;
    private final String schema;

    ForeignObjects(DataSource source, String schema) {
        this.source = source;
        this.schema = schema;
    }

    /** Fails if there are some. */
    void refuse() throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(FIND)) {
            connection.setAutoCommit(false);
            try (PreparedStatement path = connection.prepareStatement("SET LOCAL search_path = pg_catalog, pg_temp")) {
                path.execute();
            }
            statement.setString(1, schema);
            try (ResultSet rows = statement.executeQuery()) {
                String found = rows.next() ? rows.getString(1) : null;
                if (found != null) {
                    throw new ConfigurationException("Schema \"" + schema
                            + "\" contains objects of other users with names that migrations call: " + found
                            + "; drop them, and run REVOKE CREATE ON SCHEMA \"" + schema
                            + "\" FROM the users that are not to create there");
                }
            } finally {
                connection.rollback();
            }
        }
    }
}
