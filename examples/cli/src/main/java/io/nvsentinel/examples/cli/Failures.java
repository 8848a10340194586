// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import reactor.core.Exceptions;

/** Prints an error and the advice in one line; with {@code --verbose} also the stack trace. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private static final String NAME = "nvsentinel: ";

    private final Invocation invocation;
    private final BooleanSupplier verbose;

    Failures(Invocation invocation, BooleanSupplier verbose) {
        this.invocation = invocation;
        this.verbose = verbose;
    }

    @Override
    public int handleParseException(ParameterException error, String[] arguments) {
        String command = error.getCommandLine().getCommandSpec().qualifiedName();
        String what = error instanceof UnmatchedArgumentException unmatched ? unknown(unmatched) : oneLine(error);
        invocation.console().say(NAME + what + " (" + command + " --help lists the options)");
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception thrown, CommandLine command, @Nullable ParseResult arguments) {
        Throwable error = Exceptions.unwrap(thrown);
        if (invocation.isInterrupted()) {
            // What fails now fails because everything is being closed.
            return ExitCode.INTERRUPTED;
        }
        String cure = cure(error);
        invocation.console().say(NAME + oneLine(error) + (cure == null ? "" : ": " + cure));
        if (verbose.getAsBoolean()) {
            StackTrace.print(error, invocation.console()::say);
        }
        return exitCode(error);
    }

    private static @Nullable String cure(Throwable error) {
        if (error instanceof ToolException ours) {
            return ours.cure();
        }
        if (error instanceof DatastoreException known) {
            return Cures.of(known);
        }
        return "this is a bug in the tool; please report it with the output of --verbose";
    }

    private static int exitCode(Throwable error) {
        if (error instanceof ToolException ours) {
            return ours.exitCode();
        }
        if (error instanceof ConfigurationException) {
            return ExitCode.USAGE;
        }
        if (error instanceof UnavailableException) {
            return ExitCode.UNAVAILABLE;
        }
        if (error instanceof OutcomeUnknownException) {
            return ExitCode.UNKNOWN;
        }
        return error instanceof DatastoreException ? ExitCode.REFUSED : ExitCode.BUG;
    }

    /** Names options without their values, and no other argument: it may be a password that went to the wrong place. */
    private static String unknown(UnmatchedArgumentException error) {
        String names = error.getUnmatched().stream()
                .filter(argument -> argument.startsWith("-"))
                .map(argument -> argument.replaceFirst("=.*", ""))
                .collect(Collectors.joining(", "));
        return names.isEmpty()
                ? "there are " + error.getUnmatched().size() + " arguments more than the command takes"
                : "unknown option " + names;
    }

    /**
     * An error as one line.
     *
     * @param error the error
     * @return its message without line breaks, or its kind if it has none
     */
    static String oneLine(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank()
                ? error.getClass().getSimpleName()
                : Secrets.masked(message.strip().replaceAll("\\s*\\R\\s*", " "));
    }
}
