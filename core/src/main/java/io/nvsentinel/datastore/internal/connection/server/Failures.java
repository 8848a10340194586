// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.internal.error.LoginRefusedException;
import io.r2dbc.spi.R2dbcException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Why no address of a round could be used. */
final class Failures extends R2dbcException {

    private static final long serialVersionUID = 1L;

    private final transient List<Throwable> all = new ArrayList<>();

    Failures() {
        super("No usable server");
    }

    /** It never leaves this package. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    void add(Throwable error) {
        all.add(error);
    }

    /** Not if there is no other server to try, or if all fail for a permanent reason. */
    boolean deserveAnotherRound() {
        return all.size() > 1 && !all.stream().allMatch(Failures::stays);
    }

    /** What a server says counts for more than that another one cannot be reached; the rest is suppressed in it. */
    Throwable mostTelling() {
        Throwable best = all.get(0);
        for (Throwable error : all) {
            best = rank(error) > rank(best) ? error : best;
        }
        for (Throwable error : all) {
            if (error != best) {
                best.addSuppressed(error);
            }
        }
        return best;
    }

    private static int rank(Throwable error) {
        if (stays(error)) {
            return 3;
        }
        if (error instanceof TimeoutException) {
            return 0;
        }
        return state(error).startsWith("08") ? 1 : 2;
    }

    /** A login, a database or a certificate is refused, or the server asks for what no client may do. */
    private static boolean stays(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException || cause instanceof LoginRefusedException) {
                return true;
            }
        }
        String state = state(error);
        return state.startsWith("28") || state.startsWith("3D") || state.startsWith("42");
    }

    private static String state(Throwable error) {
        String state = error instanceof R2dbcException driver ? driver.getSqlState() : null;
        return state == null ? "08" : state;
    }
}
