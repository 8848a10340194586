// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcRollbackException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.pool.PoolShutdownException;

/**
 * The one place that decides what an SQLSTATE means to a caller. The driver's exception classes are too coarse for
 * that: it reports a full server and a server that shuts down as "not transient".
 */
public final class SqlErrors {

    private enum Meaning {
        INVALID,
        CONFLICT,
        MISCONFIGURED,
        UNAVAILABLE,
        CONNECTION_LOST,
        OUTCOME_UNKNOWN
    }

    /** Whole states first, then classes (their first two characters). */
    private static final Map<String, Meaning> STATES = Map.ofEntries(
            Map.entry("08", Meaning.CONNECTION_LOST),
            Map.entry("08004", Meaning.MISCONFIGURED), // the JDBC driver's: no password, no TLS
            Map.entry("0A", Meaning.INVALID),
            Map.entry("22", Meaning.INVALID),
            Map.entry("23", Meaning.INVALID),
            Map.entry("23505", Meaning.CONFLICT), // unique_violation
            Map.entry("23P01", Meaning.CONFLICT), // exclusion_violation
            Map.entry("25006", Meaning.UNAVAILABLE), // read_only_sql_transaction: a standby, or one being promoted
            Map.entry("25P03", Meaning.CONNECTION_LOST), // idle_in_transaction_session_timeout
            Map.entry("25P04", Meaning.CONNECTION_LOST), // transaction_timeout
            Map.entry("0P", Meaning.MISCONFIGURED), // invalid role
            Map.entry("28", Meaning.MISCONFIGURED),
            Map.entry("3D", Meaning.MISCONFIGURED), // no such database
            Map.entry("3F", Meaning.MISCONFIGURED), // no such schema
            Map.entry("40", Meaning.CONFLICT), // serialization_failure, deadlock_detected
            Map.entry("40003", Meaning.OUTCOME_UNKNOWN), // statement_completion_unknown
            Map.entry("42", Meaning.INVALID),
            Map.entry("42501", Meaning.MISCONFIGURED), // insufficient_privilege
            Map.entry("42P01", Meaning.MISCONFIGURED), // undefined_table: the schema is missing or old
            Map.entry("53", Meaning.UNAVAILABLE), // no connections, memory or disk left
            Map.entry("54", Meaning.INVALID), // program_limit_exceeded
            Map.entry("55006", Meaning.UNAVAILABLE), // object_in_use
            Map.entry("55P03", Meaning.UNAVAILABLE), // lock_not_available
            Map.entry("57", Meaning.UNAVAILABLE), // operator_intervention
            Map.entry("57014", Meaning.UNAVAILABLE), // query_canceled: the statement time-out
            Map.entry("57P01", Meaning.CONNECTION_LOST), // admin_shutdown
            Map.entry("57P02", Meaning.CONNECTION_LOST), // crash_shutdown
            Map.entry("57P03", Meaning.UNAVAILABLE), // cannot_connect_now
            Map.entry("57P04", Meaning.MISCONFIGURED), // database_dropped
            Map.entry("57P05", Meaning.CONNECTION_LOST), // idle_session_timeout
            Map.entry("72", Meaning.UNAVAILABLE), // snapshot_too_old
            Map.entry("F0", Meaning.MISCONFIGURED), // the server's configuration file
            Map.entry("58", Meaning.UNAVAILABLE), // the server's disk or operating system
            Map.entry("XX", Meaning.UNAVAILABLE)); // the server's own fault

    /** The driver's own state for a COMMIT that the server answered with ROLLBACK, as after a failed statement. */
    private static final String ROLLED_BACK = "99999";

    /**
     * What the driver says, without a cause, when it finds the connection closed before it sends. Its class for that is
     * not public, and is that of a connection that closes later as well.
     */
    private static final String NOT_SENT = "Cannot exchange messages because the connection is closed";

    private SqlErrors() {}

    /**
     * Translates an error that arose before any statement was sent.
     *
     * @param error the driver's
     * @param action the operation, for the message
     * @param servers which servers were tried
     * @return the library's error, or the same one if it is none of the driver's
     */
    public static Throwable connecting(Throwable error, String action, List<InetSocketAddress> servers) {
        String address = Addresses.text(servers);
        ErrorContext unanswered = new ErrorContext(action, null);
        if (find(error, SSLException.class) != null) {
            return new ConfigurationException(
                    unanswered, "TLS with " + address + " failed: " + rootMessage(error), error);
        }
        LoginRefusedException refused = find(error, LoginRefusedException.class);
        if (refused != null) {
            return new ConfigurationException(
                    unanswered, "cannot connect to " + address + ": " + refused.getMessage(), error);
        }
        if (error instanceof PoolShutdownException) {
            return new InvalidRequestException(unanswered, "the datastore is closed", error);
        }
        if (error instanceof TimeoutException) {
            return new UnavailableException(unanswered, "no connection to " + address + " in time", error);
        }
        String permanent = ConnectFailures.permanent(error);
        if (permanent != null) {
            return new ConfigurationException(unanswered, "cannot connect to " + address + ": " + permanent, error);
        }
        R2dbcException driver = find(error, R2dbcException.class);
        if (driver != null) {
            return refused(driver, "cannot connect to " + address, action);
        }
        return UnreadableAnswer.caused(error)
                ? new UnavailableException(
                        unanswered, "cannot connect to " + address + ": " + UnreadableAnswer.reason(error), error)
                : error;
    }

    private static Throwable refused(R2dbcException error, String what, String action) {
        ErrorContext context = new ErrorContext(action, error.getSqlState());
        Meaning meaning = meaning(error.getSqlState());
        String reason = what + ": " + rootMessage(error);
        return meaning == Meaning.MISCONFIGURED || meaning == Meaning.INVALID
                ? new ConfigurationException(context, reason, error)
                : new UnavailableException(context, reason, error);
    }

    /**
     * Translates an error of a statement that only reads, or whose effect is certainly rolled back.
     *
     * @param error the driver's
     * @param action the operation, for the message
     * @return the library's error, or the same one if it is none of the driver's
     */
    public static Throwable reading(Throwable error, String action) {
        return translate(error, action, false);
    }

    /**
     * Translates an error of a statement that writes: if the connection is lost, its effect is unknown.
     *
     * @param error the driver's
     * @param action the operation, for the message
     * @return the library's error, or the same one if it is none of the driver's
     */
    public static Throwable writing(Throwable error, String action) {
        return translate(error, action, true);
    }

    /**
     * Translates an error of a commit: if the connection is lost or does not answer, the outcome is unknown.
     *
     * @param error the driver's
     * @param earlier the first error in the transaction, which is why the server has rolled back instead, or null
     * @return the library's error, or the same one if it is none of the driver's
     */
    public static Throwable committing(Throwable error, @Nullable Throwable earlier) {
        if (error instanceof R2dbcRollbackException rollback && ROLLED_BACK.equals(rollback.getSqlState())) {
            return earlier != null
                    ? earlier
                    : new ConflictException(
                            new ErrorContext("Commit", null), "the transaction had failed and was rolled back", error);
        }
        return translate(error, "Commit", true);
    }

    private static Throwable translate(Throwable error, String action, boolean write) {
        if (error instanceof TimeoutException) {
            return lost(
                    "the server did not answer in time; the connection is closed",
                    new ErrorContext(action, null),
                    error,
                    write);
        }
        if (!(error instanceof R2dbcException driver)) {
            if (!ForeignStatements.caused(error) && UnreadableAnswer.caused(error)) {
                return lost(UnreadableAnswer.reason(error), new ErrorContext(action, null), error, write);
            }
            return ForeignStatements.caused(error)
                    ? new ConfigurationException(
                            new ErrorContext(action, null),
                            "the server returned the columns of another statement" + ForeignStatements.CURE,
                            error)
                    : error;
        }
        ErrorContext context = new ErrorContext(action, 1, driver.getSqlState(), ServerMessage.constraint(driver));
        String reason = ServerMessage.withoutValues(driver);
        if (ForeignStatements.caused(driver)) {
            return new ConfigurationException(context, reason + ForeignStatements.CURE, driver);
        }
        Throwable cause = ServerMessage.causeWithoutValues(driver);
        return switch (meaning(driver.getSqlState())) {
            case INVALID -> RefusedDocument.of(driver, context, reason, cause);
            case CONFLICT -> new ConflictException(context, reason, cause);
            case MISCONFIGURED -> new ConfigurationException(context, reason, cause);
            case UNAVAILABLE -> new UnavailableException(context, reason, cause);
            case OUTCOME_UNKNOWN -> new OutcomeUnknownException(context, reason, cause);
            case CONNECTION_LOST -> lost(reason, context, cause, write && wasSent(driver));
        };
    }

    private static boolean wasSent(R2dbcException error) {
        return error.getCause() != null || !NOT_SENT.equals(error.getMessage());
    }

    private static Throwable lost(String reason, ErrorContext context, Throwable cause, boolean write) {
        return write
                ? new OutcomeUnknownException(context, reason, cause)
                : new UnavailableException(context, reason, cause);
    }

    /**
     * Whether a translated error means that a statement exceeded its timeout.
     *
     * @param error the error
     * @return also true if the statement was cancelled by another session, which cannot be distinguished
     */
    public static boolean isTimeout(DatastoreException error) {
        return "57014".equals(error.sqlState()) || error.getCause() instanceof TimeoutException;
    }

    /**
     * Whether a translated error means that the server is gone, and not only the statement.
     *
     * @param error the error
     * @return true if the connection is lost, or the server did not answer in time
     */
    public static boolean isServerLost(DatastoreException error) {
        return error instanceof UnavailableException && (error.sqlState() == null || isSessionLost(error.sqlState()));
    }

    /**
     * Whether a read that failed on a standby may succeed on the primary: the standby is gone, has cancelled the read because
     * of what it replays, or does not know yet what the read names.
     *
     * @param error the translated error
     * @return false for an error of the read itself, and if it took too long
     */
    public static boolean mayPassOnPrimary(Throwable error) {
        if (!(error instanceof DatastoreException ours)) {
            return false;
        }
        String state = ours.sqlState();
        if (state == null) {
            return isServerLost(ours);
        }
        return !isTimeout(ours) && (state.startsWith("42") || meaning(state) != Meaning.INVALID);
    }

    /**
     * Whether an SQLSTATE says that the connection is of no more use.
     *
     * @param state the SQLSTATE, or null
     * @return false if there is none
     */
    public static boolean isSessionLost(@Nullable String state) {
        return state != null && meaning(state) == Meaning.CONNECTION_LOST;
    }

    /**
     * Whether the driver found the connection closed before it sent anything.
     *
     * @param error the driver's error, or one of ours that it caused
     * @return true if nothing was sent
     */
    public static boolean isNotSent(Throwable error) {
        R2dbcException driver = find(error, R2dbcException.class);
        return driver != null && !wasSent(driver);
    }

    /**
     * Whether the operation may succeed later without an operator's action. Also used for JDBC.
     *
     * @param state the SQLSTATE
     * @return false if an operator has to act
     */
    public static boolean mayPass(String state) {
        return switch (meaning(state)) {
            case UNAVAILABLE, CONNECTION_LOST, OUTCOME_UNKNOWN -> true;
            case CONFLICT -> state.startsWith("40");
            case INVALID, MISCONFIGURED -> false;
        };
    }

    private static Meaning meaning(@Nullable String state) {
        if (state == null || state.length() < 2) {
            return Meaning.CONNECTION_LOST;
        }
        Meaning exact = STATES.get(state);
        return exact != null ? exact : STATES.getOrDefault(state.substring(0, 2), Meaning.INVALID);
    }

    private static <T extends Throwable> @Nullable T find(Throwable error, Class<T> type) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (type.isInstance(e)) {
                return type.cast(e);
            }
        }
        return null;
    }

    private static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }
}
