// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** The server's refusals, for the reader of one line. */
final class ImportErrors {

    private static final String AGAIN = "run the same command again to continue";

    private ImportErrors() {}

    static ToolException of(SQLException error, Target target, boolean capture) {
        String state = String.valueOf(error.getSQLState());
        String message =
                "the import into " + target.table() + " ended: " + message(error) + " (SQLSTATE " + state + ")";
        ToolException failure = state.equals("55P03")
                ? new ToolException(
                        ExitCode.UNAVAILABLE,
                        "other transactions have held " + target.table() + " for longer than --lock-wait",
                        (capture
                                        ? "wait until they end, or end them; then "
                                        : "wait until they end, end them, or import with --capture; then ")
                                + AGAIN)
                : new ToolException(exitCode(state), message, cure(state));
        failure.initCause(error);
        return failure;
    }

    /** Without the detail, which may quote a document. */
    private static String message(SQLException error) {
        return error instanceof PSQLException answer && answer.getServerErrorMessage() != null
                ? String.valueOf(answer.getServerErrorMessage().getMessage())
                : String.valueOf(error.getMessage());
    }

    private static int exitCode(String state) {
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53")
                ? ExitCode.UNAVAILABLE
                : ExitCode.REFUSED;
    }

    private static @Nullable String cure(String state) {
        return switch (state) {
            case "42501" ->
                "grant the user the privileges in docs/postgresql-grants.sql, and TEMPORARY on the database";
            case "57014" -> "choose a smaller --batch-size, or check which transaction locks the table; then " + AGAIN;
            default -> exitCode(state) == ExitCode.UNAVAILABLE ? AGAIN : null;
        };
    }
}
