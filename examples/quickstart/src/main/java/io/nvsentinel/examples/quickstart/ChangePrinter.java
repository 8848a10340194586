// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Prints each change as a row of a table. While many arrive at once it prints the first few and counts the others. */
final class ChangePrinter {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final int TEXT_WIDTH = 56;
    private static final int SHOWN_OF_MANY = 4;

    private final Terminal terminal;
    private final String format;
    private boolean counting;
    private int counted;

    /**
     * Lays out the table.
     *
     * @param terminal where to print
     * @param nodeWidth how long a node's name may be
     */
    ChangePrinter(Terminal terminal, int nodeWidth) {
        this.terminal = terminal;
        this.format = "  %-12s  %s  %-" + nodeWidth + "s  %-" + TEXT_WIDTH + "s  %s";
    }

    void header() {
        String header = String.format(
                Locale.ROOT,
                format,
                "time",
                String.format(Locale.ROOT, "%-8s", "change"),
                "node",
                "what changed",
                "commit to delivery");
        terminal.line(terminal.paint(Terminal.Colour.GREY, header));
    }

    /** From now on many changes arrive at once. */
    synchronized void startCounting() {
        counting = true;
        counted = 0;
    }

    /** Says how many changes were not printed; later ones are printed again. */
    synchronized void stopCounting() {
        counting = false;
        if (counted > SHOWN_OF_MANY) {
            terminal.line(terminal.paint(
                    Terminal.Colour.GREY,
                    "  ... and " + (counted - SHOWN_OF_MANY) + " more changes arrived, not shown"));
        }
    }

    synchronized void print(ChangeEvent<HealthEventDocument> change, Instant arrived, double millis) {
        counted++;
        if (counting && counted > SHOWN_OF_MANY) {
            return;
        }
        String operation = change.operation().name().toLowerCase(Locale.ROOT);
        terminal.line(String.format(
                Locale.ROOT,
                format,
                TIME.format(arrived),
                terminal.paint(colour(change.operation()), String.format(Locale.ROOT, "%-8s", operation)),
                ChangeText.node(change),
                shortened(ChangeText.of(change)),
                String.format(Locale.ROOT, "%15.1f ms", millis)));
    }

    private static Terminal.Colour colour(Operation operation) {
        return switch (operation) {
            case INSERT, SNAPSHOT -> Terminal.Colour.GREEN;
            case UPDATE -> Terminal.Colour.YELLOW;
            case DELETE, TRUNCATE -> Terminal.Colour.RED;
        };
    }

    private static String shortened(String text) {
        return text.length() <= TEXT_WIDTH ? text : text.substring(0, TEXT_WIDTH - 3) + "...";
    }
}
