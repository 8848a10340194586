// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.connection.ResponseTimeout.NoAnswer;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.datastore.internal.error.UnreadableAnswer;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Determines from an error whether its session, and the other sessions of the same server, are still usable.
 *
 * <p>A session keeps settings from its start, for example that the database is read-only, which may have changed. An
 * event that ends or blocks one session usually affects all. So if a session is no longer usable, all connections are
 * replaced, idle ones before their next use.
 */
final class SessionFaults {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private static final String READ_ONLY = "25006";

    /** The server is being shut down, has crashed, or accepts no connections now. */
    private static final Set<String> SERVER_ENDS = Set.of("57P01", "57P02", "57P03");

    /** A session that is younger knows what the server is like now. */
    private static final Duration YOUNG = Duration.ofSeconds(5);

    private final Lifetime lifetime;

    SessionFaults(Lifetime lifetime) {
        this.lifetime = lifetime;
    }

    /** What to do about an error. */
    enum Verdict {
        /** The session is as good as any. */
        KEEP,
        /** The session is lost or silent; nothing is known about what it did. */
        CLOSE,
        /** The session is lost or does not fit, and the statement certainly did nothing: another session may do it. */
        REPEAT
    }

    /** Classifies an error, and retires all connections if it affects all. */
    Verdict judge(PooledConnection lease, Throwable error) {
        if (NoAnswer.isBehind(error)) {
            retireAll(lease, "no answer in time");
            return Verdict.CLOSE;
        }
        if (UnreadableAnswer.isBehind(error)) {
            return Verdict.CLOSE;
        }
        if (SqlErrors.isNotSent(error)) {
            return repeat(lease);
        }
        String state = state(error);
        if (READ_ONLY.equals(state)) {
            return readOnly(lease);
        }
        if (state != null && SERVER_ENDS.contains(state)) {
            retireAll(lease, "SQLSTATE " + state);
        }
        return SqlErrors.isSessionLost(state) ? Verdict.CLOSE : Verdict.KEEP;
    }

    /** Notes that no connection to the server can be made to ask it something. */
    void isUnreachable() {
        lifetime.retireAll();
    }

    private Verdict readOnly(PooledConnection lease) {
        Connection connection = lease.connection();
        if (!lease.mayWrite() || lifetime.age(connection).compareTo(YOUNG) < 0) {
            return Verdict.KEEP;
        }
        retireAll(lease, "SQLSTATE " + READ_ONLY);
        return repeat(lease);
    }

    private static Verdict repeat(PooledConnection lease) {
        return lease.mayRepeat() ? Verdict.REPEAT : Verdict.KEEP;
    }

    private void retireAll(PooledConnection lease, String why) {
        if (lifetime.retireAllAs(lease.connection())) {
            LOG.debug("Pooled connections are checked and replaced before their next use: reason={}", why);
        }
    }

    private static @Nullable String state(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof DatastoreException ours) {
                return ours.sqlState();
            }
            if (e instanceof R2dbcException driver) {
                return driver.getSqlState();
            }
        }
        return null;
    }
}
