// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.admin.RetentionReport;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nvsentinel retention}. */
@Command(name = "retention", description = "Removes changes that no client needs any more.")
public final class RetentionCommand {

    private final Invocation invocation;

    /**
     * The command.
     *
     * @param invocation the run
     */
    RetentionCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Command(
            name = "run",
            description = {
                "Marks the changes that every client has acknowledged, and removes those whose mark "
                        + "is older than --keep. --max-age and --max-rows also remove changes that a client "
                        + "has not acknowledged; such a client has lost history."
            },
            footer = {
                "",
                "Only one process runs retention at a time; a second one does nothing.",
                "With --json: taken, marked, removed, capped, steps.",
                "",
                "Example, as a cron job:",
                "  nvsentinel retention run --keep 7d --max-age 30d"
            })
    int run(
            @Mixin ConnectionArguments connection,
            @Option(
                            names = "--keep",
                            paramLabel = "TIME",
                            description = "How long to keep changes that every client has acknowledged (7d).")
                    @Nullable
                    Duration keep,
            @Option(
                            names = "--max-age",
                            paramLabel = "TIME",
                            description = "How long to keep any change, acknowledged or not (30d).")
                    @Nullable
                    Duration maxAge,
            @Option(
                            names = "--max-rows",
                            paramLabel = "NUMBER",
                            description = "How many changes to keep at most (unlimited).")
                    @Nullable
                    Long maxRows,
            @Option(names = "--no-mark", description = "Only remove; do not mark.") boolean noMark,
            @Option(names = "--json", description = "Print a JSON object.") boolean json) {
        RetentionOptions.Builder options = RetentionOptions.builder().markProcessed(!noMark);
        if (keep != null) {
            options.retention(keep);
        }
        if (maxAge != null) {
            options.maxAge(maxAge);
        }
        if (maxRows != null) {
            options.maxRows(maxRows);
        }
        RetentionOptions built = options.build();
        RetentionReport report = invocation.withStreams(
                connection.options(),
                (datastore, streams) -> streams.retention(built).run());
        if (report == null) {
            return ExitCode.INTERRUPTED;
        }
        tell(report, json);
        return ExitCode.OK;
    }

    private void tell(RetentionReport report, boolean json) {
        if (json) {
            invocation.console().line(Json.line(values(report)));
        } else if (report.taken()) {
            invocation
                    .console()
                    .line("marked " + report.marked() + ", removed " + report.removed() + " processed and "
                            + report.capped() + " beyond the caps, in " + report.steps() + " transactions");
        } else {
            invocation.console().say("Another process is running retention; nothing was done");
        }
    }

    private static Map<String, @Nullable Object> values(RetentionReport report) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("taken", report.taken());
        values.put("marked", report.marked());
        values.put("removed", report.removed());
        values.put("capped", report.capped());
        values.put("steps", report.steps());
        return values;
    }
}
