// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import org.jspecify.annotations.Nullable;

/** The tool cannot continue; the message is one line for the user, without a full stop. */
public final class ToolException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the process ends with. */
    private final int exitCode;

    /** What the user can do, or null. */
    private final @Nullable String cure;

    /**
     * Creates an error.
     *
     * @param exitCode one of {@link ExitCode}
     * @param message the reason
     * @param cure what the user can do about it, or null if the message contains it
     */
    public ToolException(int exitCode, String message, @Nullable String cure) {
        super(message);
        this.exitCode = exitCode;
        this.cure = cure;
    }

    /**
     * An error of the command line.
     *
     * @param message the reason and the allowed values
     * @return the error
     */
    public static ToolException usage(String message) {
        return new ToolException(ExitCode.USAGE, message, null);
    }

    int exitCode() {
        return exitCode;
    }

    @Nullable
    String cure() {
        return cure;
    }
}
