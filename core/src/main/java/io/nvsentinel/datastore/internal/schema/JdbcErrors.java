// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.error.ConnectFailures;
import io.nvsentinel.datastore.internal.error.LoginRefusedException;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import java.sql.SQLException;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/** Translates JDBC errors. In every case, the failed migration was rolled back. */
final class JdbcErrors {

    private JdbcErrors() {}

    /** Of errors that are neither the driver's nor Flyway's, nothing is known: they stay as they are. */
    static Throwable translate(Throwable error, String what) {
        SQLException sql = find(error, SQLException.class);
        SSLException tls = find(error, SSLException.class);
        LoginRefusedException refused = find(error, LoginRefusedException.class);
        if (refused != null) {
            return new ConfigurationException(what + ": " + refused.getMessage(), null, error);
        }
        boolean known = sql != null || tls != null || error instanceof FlywayException;
        if (error instanceof DatastoreException || !known) {
            return error;
        }
        String permanent = ConnectFailures.permanent(error);
        if (permanent != null) {
            return new ConfigurationException(what + ": " + permanent, sql == null ? null : sql.getSQLState(), error);
        }
        String state = sql == null ? null : sql.getSQLState();
        String message = what + ": " + (sql == null ? lines(error, 2) : lines(sql, 1));
        return state != null && SqlErrors.mayPass(state)
                ? new UnavailableException(message, state, error)
                : new ConfigurationException(message + advice(state), state, error);
    }

    /** What the server said, without its details. */
    static String firstLine(SQLException error) {
        return lines(error, 1);
    }

    private static String advice(@Nullable String state) {
        return "42501".equals(state) ? "; apply the SQL files of docs/postgresql-grants.sql as the schema's owner" : "";
    }

    private static <T extends Throwable> @Nullable T find(Throwable error, Class<T> type) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (type.isInstance(e)) {
                return type.cast(e);
            }
        }
        return null;
    }

    /** The first of Flyway's lines says what failed, the second why. */
    private static String lines(Throwable error, int most) {
        return String.valueOf(error.getMessage())
                .lines()
                .filter(line -> !line.isBlank())
                .limit(most)
                .collect(Collectors.joining(": "));
    }
}
