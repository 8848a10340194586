// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import io.nvsentinel.datastore.internal.Printable;
import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's message of an error, without the values that it quotes. Details and hints are always omitted, because
 * they contain keys and whole rows. Messages contain values if data does not match a type (class 22), and if a function
 * raises its own error.
 */
final class ServerMessage {

    private ServerMessage() {}

    static String withoutValues(R2dbcException error) {
        String message = String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
        return Printable.line(mayQuoteValues(error) ? withoutQuoted(message) : message);
    }

    /** What stands between quotes; a doubled one is part of a value. A value without an end extends to the end. */
    private static String withoutQuoted(String message) {
        StringBuilder kept = new StringBuilder();
        int from = 0;
        for (int quote = message.indexOf('"'); quote >= 0; quote = message.indexOf('"', from)) {
            kept.append(message, from, quote).append("<value>");
            int end = message.indexOf('"', quote + 1);
            while (end >= 0 && end + 1 < message.length() && message.charAt(end + 1) == '"') {
                end = message.indexOf('"', end + 2);
            }
            from = end < 0 ? message.length() : end + 1;
        }
        return kept.append(message, from, message.length()).toString();
    }

    /** The error itself if it is safe to print, else its safe part. */
    static Throwable causeWithoutValues(R2dbcException error) {
        return mayQuoteValues(error)
                        || !Printable.line(String.valueOf(error.getMessage())).equals(error.getMessage())
                ? new Cleaned(error)
                : error;
    }

    static @Nullable String constraint(R2dbcException error) {
        return details(error).flatMap(ErrorDetails::getConstraintName).orElse(null);
    }

    private static boolean mayQuoteValues(R2dbcException error) {
        String state = error.getSqlState();
        return error instanceof PostgresqlException
                && state != null
                && (state.startsWith("22") || state.startsWith("P0"));
    }

    static Optional<ErrorDetails> details(R2dbcException error) {
        return error instanceof PostgresqlException server ? Optional.of(server.getErrorDetails()) : Optional.empty();
    }

    private static final class Cleaned extends R2dbcNonTransientException {

        private static final long serialVersionUID = 1L;

        Cleaned(R2dbcException original) {
            super(withoutValues(original), original.getSqlState(), original.getErrorCode(), original.getSql());
            setStackTrace(original.getStackTrace());
        }
    }
}
