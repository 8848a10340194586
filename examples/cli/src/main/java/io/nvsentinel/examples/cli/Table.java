// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Rows with aligned columns, for people; scripts read {@code --json}. */
public final class Table {

    private static final String GAP = "  ";

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * An empty table.
     *
     * @param header the columns' names
     */
    public Table(String... header) {
        this.header = List.of(header);
    }

    /**
     * Adds a row.
     *
     * @param cells as many as the table has columns
     */
    public void row(String... cells) {
        rows.add(Stream.of(cells).map(Printable::line).toList());
    }

    /**
     * Prints the table; nothing if there is no row.
     *
     * @param console where to
     */
    public void print(Console console) {
        if (rows.isEmpty()) {
            return;
        }
        int[] widths = widths();
        console.line(console.paint(Console.Colour.GREY, line(header, widths)));
        rows.forEach(row -> console.line(line(row, widths)));
    }

    private static String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            String cell = cells.get(column);
            line.append(column == 0 ? "" : GAP).append(cell).append(" ".repeat(widths[column] - cell.length()));
        }
        return line.toString().stripTrailing();
    }

    private int[] widths() {
        int[] widths = header.stream().mapToInt(String::length).toArray();
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return widths;
    }
}
