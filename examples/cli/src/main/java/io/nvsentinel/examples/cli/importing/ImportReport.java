// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.Console.Colour;
import java.util.Locale;

/** The final report of an import. */
final class ImportReport {

    private final Console console;

    ImportReport(Console console) {
        this.console = console;
    }

    void rehearsed(String source, Tally tally) {
        console.line("Converted " + source + ", stored nothing");
        count("read", tally.read());
        count("convertible", tally.stored());
        count("rejected", tally.rejected());
    }

    void stored(String source, String table, Tally tally, String speed) {
        console.line("Imported " + source + " into " + table + " in " + speed);
        count("read", tally.read());
        count("stored", tally.stored());
        count("already there", tally.present());
        count("rejected", tally.rejected());
    }

    void rejects(RejectFile rejects) {
        if (rejects.file() != null) {
            console.line("Rejected documents are in " + rejects.file() + ", with line and reason");
        }
        rejects.shown().forEach(line -> console.line("  " + line));
        if (rejects.file() == null && rejects.count() > rejects.shown().size()) {
            console.line("  and " + (rejects.count() - rejects.shown().size()) + " more");
        }
    }

    void verified(Verification verification, String table) {
        boolean well = verification.missing() + verification.different() == 0;
        console.line("Compared every document's checksum with its record's: "
                + console.paint(well ? Colour.GREEN : Colour.RED, well ? "all are equal" : "not all are equal"));
        count("equal", verification.equal());
        if (!well) {
            count("different", verification.different());
            count("missing", verification.missing());
            verification.named().forEach(line -> console.line("  " + line));
        }
        console.line("To check the result yourself (_id and createdAt are fields of MongoDB's documents):");
        console.line("  SELECT COUNT(*) FROM " + table + ";");
        console.line("  SELECT data->>'id', data->>'timestamp' FROM " + table + " LIMIT 10;");
        console.line("  SELECT id, data->>'_id', data->>'createdAt', md5(data::text) FROM " + table
                + " WHERE data ? '_id' LIMIT 10;");
    }

    private void count(String what, long number) {
        console.line(String.format(Locale.ROOT, "  %-14s %,12d", what, number));
    }
}
