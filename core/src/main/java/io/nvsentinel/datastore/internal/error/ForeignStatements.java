// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import io.r2dbc.spi.R2dbcException;
import java.util.Set;

/**
 * Recognizes that a prepared statement reached a session that did not prepare it. The caller's request is valid then: a
 * pooler assigns each transaction to another session of the server and does not support prepared statements.
 */
final class ForeignStatements {

    /** What to do about it; appended to the reason of an error. */
    static final String CURE = "; the connection goes through a pooler in transaction mode that does not support "
            + "prepared statements: set preparedStatements to 0, or max_prepared_statements in "
            + "PgBouncer";

    /** {@code invalid_sql_statement_name} and {@code duplicate_prepared_statement}. */
    private static final Set<String> STATES = Set.of("26000", "42P05");

    /** {@code protocol_violation}; the message names the prepared statement whose parameters do not match. */
    private static final String PROTOCOL_VIOLATION = "08P01";

    private static final String DRIVER = "io.r2dbc.postgresql.";
    private static final String OURS = "io.nvsentinel.";

    private ForeignStatements() {}

    /**
     * Whether an error of the driver or the server shows that a different statement was executed than the requested
     * one.
     */
    static boolean caused(Throwable error) {
        return error instanceof R2dbcException driver ? caused(driver) : isUndecodable(error);
    }

    private static boolean caused(R2dbcException error) {
        String state = error.getSqlState();
        return state != null
                && (STATES.contains(state)
                        || (state.equals(PROTOCOL_VIOLATION)
                                && String.valueOf(error.getMessage()).contains("prepared statement")));
    }

    /** The driver fails to read a column as the type that the statement returns: these are another statement's rows. */
    private static boolean isUndecodable(Throwable error) {
        if (!(error instanceof RuntimeException)) {
            return false;
        }
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().startsWith(OURS)) {
                return false;
            }
            if (frame.getClassName().startsWith(DRIVER)) {
                return frame.getClassName().contains("Row")
                        || frame.getClassName().contains(".codec.");
            }
        }
        return false;
    }
}
