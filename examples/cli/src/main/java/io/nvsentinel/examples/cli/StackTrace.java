// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;

/** Where an error arose, in lines each of which may be printed as it is: messages may be a server's, or quote a document. */
final class StackTrace {

    private final Consumer<String> lines;
    private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private StackTrace(Consumer<String> lines) {
        this.lines = lines;
    }

    /**
     * Prints an error with its causes and what was suppressed.
     *
     * @param error the error
     * @param lines prints one line, and cleans it
     */
    static void print(Throwable error, Consumer<String> lines) {
        new StackTrace(lines).print(error, "", "");
    }

    private void print(Throwable error, String indent, String caption) {
        String message = Failures.oneLine(error);
        String name = error.getClass().getName();
        if (!seen.add(error)) {
            lines.accept(indent + caption + "[again: " + name + "]");
            return;
        }
        lines.accept(indent + caption + name + (error.getMessage() == null ? "" : ": " + message));
        for (StackTraceElement frame : error.getStackTrace()) {
            lines.accept(indent + "    at " + frame);
        }
        for (Throwable suppressed : error.getSuppressed()) {
            print(suppressed, indent + "    ", "Suppressed: ");
        }
        if (error.getCause() != null) {
            print(error.getCause(), indent, "Caused by: ");
        }
    }
}
