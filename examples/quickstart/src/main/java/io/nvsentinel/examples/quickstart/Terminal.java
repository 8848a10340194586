// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.io.PrintStream;

/** The output of the quick start; in colours on a terminal. */
final class Terminal {

    /** Codes of the colours (ISO 6429). */
    enum Colour {
        BOLD("1"),
        RED("31"),
        GREEN("32"),
        YELLOW("33"),
        CYAN("36"),
        GREY("90");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    private final PrintStream out;
    private final boolean colours;

    Terminal(PrintStream out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    void title(String text) {
        line("");
        line(paint(Colour.BOLD, text));
    }

    void detail(String text) {
        line("  " + text);
    }

    /** Prints a line at once: the reader watches. */
    synchronized void line(String text) {
        out.println(text);
        out.flush();
    }

    String paint(Colour colour, String text) {
        return colours ? "\u001b[" + colour.code + "m" + text + "\u001b[0m" : text;
    }
}
