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
@Command(name = "retention", description = "Removes changes that nobody needs any more.")
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
                "Marks what every client has acknowledged, and removes what is older than --keep. --max-age and --max-rows"
                        + " win over clients: who has not read what they remove has lost history."
            },
            footer = {
                "",
                "One process at a time works at it; a second one does nothing.",
                "With --json: taken, marked, removed, capped, steps.",
                "",
                "Example, as a cron job:",
                "  nvsentinel retention run --keep 7d --max-age 30d"
            })
    int run(
            @Mixin ConnectionArguments connection,
            @Option(names = "--keep", paramLabel = "TIME", description = "Keep what is processed for so long (7d).")
                    @Nullable
                    Duration keep,
            @Option(names = "--max-age", paramLabel = "TIME", description = "Keep what is not, for so long (30d).")
                    @Nullable
                    Duration maxAge,
            @Option(names = "--max-rows", paramLabel = "NUMBER", description = "Keep at most so many (any number).")
                    @Nullable
                    Long maxRows,
            @Option(names = "--no-mark", description = "Mark nothing, only remove.") boolean noMark,
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
            invocation.console().say("Another process is at it; nothing was done here");
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
