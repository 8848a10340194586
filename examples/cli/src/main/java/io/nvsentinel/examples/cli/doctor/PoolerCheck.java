// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * Whether a prepared statement can be used in a later transaction, on the path that statements take. A pooler in transaction
 * mode may assign that transaction another session of the server, which knows the statement only if the pooler prepares it
 * there.
 */
final class PoolerCheck implements Check {

    private static final String SESSION = "SELECT pg_backend_pid()";

    /** The comment distinguishes the statement of the check from statements of other clients of the pooler. */
    private static final String MARKED = SESSION + " /* nvsentinel doctor */";

    private static final String LEFT_OVER = "SELECT name FROM pg_prepared_statements WHERE statement = ?";

    @Override
    public String name() {
        return "pooler";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    /** What happened to a statement that was prepared in an earlier transaction. */
    private record Outcome(boolean sameSession, @Nullable SQLException failure) {}

    @Override
    public void run(Patient patient) throws SQLException {
        try (Connection first = patient.login().connect();
                Connection second = patient.login().connect()) {
            boolean prepares = patient.options().preparedStatements() > 0;
            Outcome outcome = examine(first, second, prepares);
            rollback(first);
            rollback(second);
            tell(patient, outcome);
        }
    }

    private static Outcome examine(Connection first, Connection second, boolean prepares) throws SQLException {
        try (PreparedStatement statement = first.prepareStatement(MARKED)) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(prepares ? 1 : 0);
            String session = session(statement);
            second.setAutoCommit(false);
            // Its transaction occupies the session that was used last: a pooler has to assign another one.
            Sql.one(second, SESSION);
            first.setAutoCommit(false);
            return new Outcome(Objects.equals(session(statement), session), null);
        } catch (SQLException e) {
            String state = e.getSQLState();
            if (state == null || state.startsWith("08")) {
                throw e;
            }
            forget(second);
            return new Outcome(false, e);
        }
    }

    private static void rollback(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
    }

    private static String session(PreparedStatement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            result.next();
            return String.valueOf(result.getString(1));
        }
    }

    /** A statement that remains in a session of the pooler would cause errors for other clients that use its name. */
    private static void forget(Connection occupying) throws SQLException {
        for (List<@Nullable String> row : Sql.rows(occupying, LEFT_OVER, MARKED)) {
            try (Statement statement = occupying.createStatement()) {
                statement.execute("DEALLOCATE " + Sql.quoted(String.valueOf(row.get(0))));
            }
        }
    }

    private static void tell(Patient patient, Outcome outcome) {
        int kept = patient.options().preparedStatements();
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("sameSession", outcome.sameSession());
        facts.put("preparedStatements", kept);
        facts.put("works", outcome.failure() == null);
        if (outcome.sameSession()) {
            patient.ok("each connection keeps its server session", facts);
        } else if (outcome.failure() == null) {
            patient.ok(
                    "a pooler assigns each transaction to another session, and "
                            + (kept == 0 ? "preparedStatements is 0" : "supports prepared statements"),
                    facts);
        } else {
            patient.fail(
                    "a pooler assigns each transaction to another session and does not support prepared statements ("
                            + Failed.text(outcome.failure()) + "), and preparedStatements is " + kept
                            + ": statements fail, or a wrong statement is executed",
                    "set DATASTORE_PREPARED_STATEMENTS=0, or max_prepared_statements in PgBouncer 1.21 or newer",
                    facts);
        }
    }
}
