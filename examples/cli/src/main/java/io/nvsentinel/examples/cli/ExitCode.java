// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

/** The exit codes for scripts. */
public final class ExitCode {

    /** Done, and nothing to complain about. */
    public static final int OK = 0;

    /** Success, but a problem was found, for example a failed check. */
    public static final int FINDING = 1;

    /** The command line or the configuration is wrong. Nothing was done. */
    public static final int USAGE = 2;

    /** The database cannot be reached or has no room. Nothing was done; again later may help. */
    public static final int UNAVAILABLE = 3;

    /** The library or the database refused. */
    public static final int REFUSED = 4;

    /** The connection was lost at a commit: it may be done or not. */
    public static final int UNKNOWN = 5;

    /** A mistake in this tool. */
    public static final int BUG = 70;

    /** Ended by Ctrl-C, after everything was closed. After SIGTERM the JVM itself makes 143 of it. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
