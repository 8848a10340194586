// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes permanent connection failures without an answer of the server, for both drivers, so that no caller retries
 * them.
 */
public final class ConnectFailures {

    /** A name server that does not answer, or that asks to be asked again. */
    private static final Pattern PASSING = Pattern.compile("(?i).*(temporary|try again|time|servfail|refused).*");

    private static final Pattern NO_PASSWORD =
            Pattern.compile("(?i).*password.*(must not be (null|empty)|no password|empty string|non-?(null|empty)).*"
                    + "|.*no password was provided.*");

    private static final Pattern NO_TLS =
            Pattern.compile("(?i).*(support for SSL connection is disabled|server does not support SSL).*");

    /** Both drivers check what the server sends at the end of SCRAM. */
    private static final Pattern WRONG_PROOF = Pattern.compile("(?i).*invalid (scram )?server (scram )?signature.*");

    /** Longer ones are the server's, and say nothing more to these patterns, which are slow on them. */
    private static final int LONGEST = 500;

    private ConnectFailures() {}

    /**
     * What an operator must change.
     *
     * @param error the driver's error
     * @return the reason, in one line; null if the failure may be temporary, or the server's answer contains the reason
     */
    public static @Nullable String permanent(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            String reason = permanentItself(e);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    private static @Nullable String permanentItself(Throwable error) {
        String message = beginning(error);
        if (error instanceof SSLException) {
            return "TLS failed: " + message;
        }
        if (NO_TLS.matcher(message).matches()) {
            return "the server does not accept TLS, which sslMode requires";
        }
        if (NO_PASSWORD.matcher(message).matches()) {
            return "the server requests a password, but password is not set or is empty";
        }
        if (WRONG_PROOF.matcher(message).matches()) {
            return "the server did not prove that it knows the password (SCRAM): it may not be the right one";
        }
        if (error instanceof UnknownHostException && !mayPass(error)) {
            return "unknown host name: " + message.lines().findFirst().orElse("");
        }
        return null;
    }

    private static String beginning(Throwable error) {
        String message = String.valueOf(error.getMessage());
        return message.length() > LONGEST ? message.substring(0, LONGEST) : message;
    }

    private static boolean mayPass(Throwable unknownHost) {
        for (Throwable e = unknownHost; e != null; e = e.getCause()) {
            boolean late = e.getClass().getSimpleName().toLowerCase(Locale.ROOT).contains("timeout");
            if (late || PASSING.matcher(beginning(e)).matches()) {
                return true;
            }
        }
        return false;
    }
}
