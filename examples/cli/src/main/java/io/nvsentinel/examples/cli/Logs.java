// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** How much of the library's log is shown, on standard error. Without these, none: one line of error is enough. */
public final class Logs {

    private static final String LIBRARY = "io.nvsentinel";

    private Logs() {}

    /**
     * Log lines about conditions during which the library waits, for example a server restart, for commands that
     * continue meanwhile.
     */
    public static void showWarnings() {
        if (LoggerFactory.getLogger(LIBRARY) instanceof Logger logger
                && logger.getEffectiveLevel().isGreaterOrEqual(Level.ERROR)) {
            logger.setLevel(Level.WARN);
        }
    }

    static void showEverything() {
        if (LoggerFactory.getLogger(LIBRARY) instanceof Logger logger) {
            logger.setLevel(Level.DEBUG);
        }
    }
}
