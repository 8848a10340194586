// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.watch;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.Console.Colour;
import io.nvsentinel.examples.cli.Json;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A change as a row of a table, for people: an update by what it changed, anything else by its document. */
final class ChangeText {

    private static final int LONGEST = 160;
    private static final String FORM = "%-12s  %s  %-18s  %-36s  %s";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    private ChangeText() {}

    static String header() {
        return String.format(
                Locale.ROOT,
                FORM,
                "TIME",
                String.format(Locale.ROOT, "%-8s", "CHANGE"),
                "COLLECTION",
                "RECORD",
                "WHAT");
    }

    static String line(ChangeEvent<Map<String, @Nullable Object>> change, Console console) {
        String operation =
                String.format(Locale.ROOT, "%-8s", change.operation().name().toLowerCase(Locale.ROOT));
        return String.format(
                        Locale.ROOT,
                        FORM,
                        TIME.format(change.changedAt()),
                        console.paint(colour(change.operation()), operation),
                        change.collection(),
                        change.recordId() == null ? "-" : change.recordId(),
                        shortened(what(change)))
                .stripTrailing();
    }

    private static Colour colour(Operation operation) {
        return switch (operation) {
            case INSERT, SNAPSHOT -> Colour.GREEN;
            case UPDATE -> Colour.YELLOW;
            case DELETE, TRUNCATE -> Colour.RED;
        };
    }

    private static String what(ChangeEvent<Map<String, @Nullable Object>> change) {
        boolean compared = change.operation() == Operation.UPDATE && change.hasBefore() && change.hasAfter();
        if (compared) {
            return difference(change);
        }
        Map<String, @Nullable Object> document = change.hasAfter() ? change.after() : null;
        Map<String, @Nullable Object> before = change.hasBefore() ? change.before() : null;
        Map<String, @Nullable Object> shown = document == null ? before : document;
        return shown == null ? "" : Json.line(shown);
    }

    private static String difference(ChangeEvent<Map<String, @Nullable Object>> change) {
        List<String> parts = new ArrayList<>();
        change.updatedFields().forEach((path, value) -> parts.add(path + "=" + value));
        change.removedFields().forEach(path -> parts.add("-" + path));
        return parts.isEmpty() ? "nothing changed" : String.join(", ", parts);
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
    }
}
