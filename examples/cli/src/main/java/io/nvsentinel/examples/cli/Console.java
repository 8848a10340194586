// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/**
 * Standard input, output and error: data goes to standard output, messages go to standard error, in UTF-8 regardless of
 * the locale. Colours and animated lines are only used on a terminal. Thread-safe.
 */
public final class Console {

    /** Codes of the colours (ISO 6429). */
    public enum Colour {
        /** Headings. */
        BOLD("1"),
        /** An error, or a deletion. */
        RED("31"),
        /** What is well, or new. */
        GREEN("32"),
        /** A warning, or a change. */
        YELLOW("33"),
        /** What matters less. */
        GREY("90");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    private static final String ERASE_LINE = "\r\u001b[K";

    /** Begins a colour, and ends it. Only {@link #paint} knows the rest, so no foreign text can make one. */
    private static final char MARK = '\ufdd0';

    private static final int KEY_BYTES = 8;

    private final String key = MARK + HexFormat.of().formatHex(random());
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final boolean colours;
    private final boolean animated;
    private boolean statusShown;

    /**
     * A console of given streams.
     *
     * @param in standard input
     * @param out standard output
     * @param err standard error
     * @param colours whether standard output is a terminal
     * @param animated whether standard error is a terminal
     */
    Console(InputStream in, PrintStream out, PrintStream err, boolean colours, boolean animated) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.colours = colours;
        this.animated = animated;
    }

    /**
     * The process's streams. The start script says which are terminals; without it Java guesses.
     *
     * @param environment variables, of which {@code NO_COLOR} turns colours off
     * @return the console
     */
    static Console system(Map<String, String> environment) {
        boolean dumb = "dumb".equals(environment.get("TERM"));
        return new Console(
                new FileInputStream(FileDescriptor.in),
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                isTerminal("out")
                        && !dumb
                        && environment.getOrDefault("NO_COLOR", "").isEmpty(),
                isTerminal("err") && !dumb);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    private static boolean isTerminal(String stream) {
        String told = System.getProperty("nvsentinel.terminal." + stream);
        return told == null ? Ansi.AUTO.enabled() : Boolean.parseBoolean(told);
    }

    /**
     * Standard input, for commands that read data from it.
     *
     * @return the stream, not buffered
     */
    public InputStream in() {
        return in;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    /**
     * Prints and flushes a line of data.
     *
     * @param text the line
     * @return false if the reader has closed the pipe, for example {@code head}
     */
    public synchronized boolean line(String text) {
        eraseStatus();
        out.println(printable(text));
        return !out.checkError();
    }

    /**
     * Says something about the data.
     *
     * @param text the line
     */
    public synchronized void say(String text) {
        eraseStatus();
        err.println(printable(text));
        err.flush();
    }

    /**
     * Shows a line that the next one replaces, as a progress bar. Nothing without a terminal.
     *
     * @param text the line, not wider than the terminal
     */
    public synchronized void status(String text) {
        if (animated) {
            err.print(ERASE_LINE + printable(text));
            err.flush();
            statusShown = true;
        }
    }

    private void eraseStatus() {
        if (statusShown) {
            err.print(ERASE_LINE);
            err.flush();
            statusShown = false;
        }
    }

    /**
     * Whether {@link #status} shows anything.
     *
     * @return false where standard error is no terminal
     */
    public boolean isAnimated() {
        return animated;
    }

    /**
     * Whether {@link #paint} does anything.
     *
     * @return false where standard output is no terminal, or the user wants no colours
     */
    public boolean hasColours() {
        return colours;
    }

    /**
     * Colours a string for standard output.
     *
     * @param colour the colour
     * @param text the string
     * @return the string with marks that {@link #line} and {@link #say} convert to colours; unchanged without colours
     */
    public String paint(Colour colour, String text) {
        return colours ? key + colour.code + MARK + text + key + "0" + MARK : text;
    }

    /** The escapes of colours are made here, after all others have gone. */
    private String printable(String text) {
        String safe = Printable.line(text);
        return colours ? safe.replaceAll(key + "(\\d+)" + MARK, "\u001b[$1m") : safe;
    }

    private static byte[] random() {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
