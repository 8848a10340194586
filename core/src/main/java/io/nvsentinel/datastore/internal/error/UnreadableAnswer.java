// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import io.r2dbc.spi.R2dbcException;
import java.time.DateTimeException;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * Errors that show that a server answers what no PostgreSQL answers: the driver, or our reading of a row, stumbles over it. What an
 * application's own code throws is none of these.
 */
public final class UnreadableAnswer {

    private static final Set<String> DRIVER = Set.of("io.r2dbc.postgresql.", "io.netty.");

    private static final Set<String> READERS =
            Set.of("io.nvsentinel.datastore.internal.", "io.nvsentinel.changestream.internal.");

    private UnreadableAnswer() {}

    /**
     * Whether an error arose in the driver, or is one of those that reading an unexpected row causes. What the driver reports as an
     * error of R2DBC is none of these: it has read the answer.
     */
    static boolean caused(Throwable error) {
        if (!(error instanceof RuntimeException) || error instanceof R2dbcException) {
            return false;
        }
        for (StackTraceElement frame : error.getStackTrace()) {
            String name = frame.getClassName();
            if (!name.startsWith("java.") && !name.startsWith("jdk.") && !name.startsWith("reactor.")) {
                return DRIVER.stream().anyMatch(name::startsWith)
                        || (isOfReading(error) && READERS.stream().anyMatch(name::startsWith));
            }
        }
        return false;
    }

    /**
     * Whether such an error caused an error of ours.
     *
     * @param error the error
     * @return true if it is one, or has one as its cause
     */
    public static boolean isBehind(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (caused(cause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfReading(Throwable error) {
        return error instanceof NullPointerException
                || error instanceof NoSuchElementException
                || error instanceof IndexOutOfBoundsException
                || error instanceof ClassCastException
                || error instanceof ArithmeticException
                || error instanceof DateTimeException
                || error instanceof IllegalArgumentException;
    }

    /** The reason to give: the error's own words may quote a value. */
    static String reason(Throwable error) {
        return "the server's answer makes no sense (" + error.getClass().getSimpleName()
                + "); the connection is closed";
    }
}
