// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.SchemaStatus;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nvsentinel schema}. */
@Command(name = "schema", description = "Migrates the schema, checks it, or prints its SQL.")
public final class SchemaCommand {

    private static final String JSON = "Print a JSON object instead: current, needed, pending, unknown, failed, usable";

    private final Invocation invocation;

    /**
     * The command.
     *
     * @param invocation the run
     */
    SchemaCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    /** What {@code print} prints. */
    enum Part {
        SCHEMA,
        ROLES,
        GRANTS
    }

    @Command(
            name = "migrate",
            description = {
                "Applies the pending migrations. The user must be allowed to create tables. Several "
                        + "processes can run this at once: they wait for each other. It can be repeated "
                        + "after it was killed. Stored data is not changed."
            },
            footer = {
                "",
                "Examples:",
                "  nvsentinel schema migrate --username nvsentinel_owner",
                "  nvsentinel schema migrate --dry-run"
            })
    int migrate(
            @Mixin ConnectionArguments connection,
            @Option(names = "--dry-run", description = "Only list the pending migrations.") boolean dryRun,
            @Option(names = "--json", description = JSON + ", and applied.") boolean json) {
        SchemaStatus before = status(connection);
        SchemaStatus after = dryRun ? before : applied(connection, before);
        List<String> applied = dryRun ? List.of() : before.pending();
        if (json) {
            Map<String, @Nullable Object> values = values(after);
            values.put("applied", applied);
            invocation.console().line(Json.line(values));
        } else {
            (dryRun ? before.pending() : applied).forEach(invocation.console()::line);
            invocation.console().say(told(after, applied.size()));
        }
        return ExitCode.OK;
    }

    private SchemaStatus applied(ConnectionArguments connection, SchemaStatus before) {
        if (before.pending().isEmpty()) {
            invocation.console().say("No migration is pending; the indexes are checked");
        }
        DatastoreOptions options = connection.options(SchemaMode.MIGRATE);
        invocation.withDatastore(options, Datastore::ping);
        return status(connection);
    }

    private static String told(SchemaStatus status, int applied) {
        String version = "The schema is at version " + (status.current() == null ? "none" : status.current());
        return status.pending().isEmpty()
                ? version + ": " + applied + " migrations applied, none pending"
                : version + ": " + status.pending().size() + " migrations are pending";
    }

    @Command(
            name = "validate",
            description = "Checks that the tables match this release, and changes nothing.",
            footer = {
                "",
                "Exit code 1: migrations are pending or have failed, or an index is missing; run schema migrate.",
                "",
                "Example, as an init container:",
                "  until nvsentinel schema validate; do sleep 5; done"
            })
    int validate(
            @Mixin ConnectionArguments connection,
            @Option(names = "--json", description = JSON + ", problem.") boolean json) {
        SchemaStatus status = status(connection);
        String problem = status.isUsable() ? problem(connection) : null;
        boolean usable = status.isUsable() && problem == null;
        if (json) {
            Map<String, @Nullable Object> values = values(status);
            values.put("usable", usable);
            values.put("problem", problem);
            invocation.console().line(Json.line(values));
        } else if (problem == null) {
            print(status);
        } else {
            invocation.console().say(problem + ": nvsentinel schema migrate");
        }
        return invocation.ended(usable ? ExitCode.OK : ExitCode.FINDING);
    }

    /** Not covered by the versions: whether the index for idempotent inserts exists. */
    private @Nullable String problem(ConnectionArguments connection) {
        try {
            invocation.withDatastore(connection.options(), Datastore::ping);
            return null;
        } catch (ConfigurationException e) {
            if (e.sqlState() != null) {
                // An error of the server, for example a missing privilege, which a migration does not correct.
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    private void print(SchemaStatus status) {
        Console console = invocation.console();
        status.failed().forEach(step -> console.line("failed   " + step));
        status.pending().forEach(step -> console.line("pending  " + step));
        status.unknown().forEach(step -> console.line("unknown  " + step));
        String version = "The schema is at version " + (status.current() == null ? "none" : status.current());
        console.say(
                status.isUsable()
                        ? version + ", which this release requires"
                        : version + " and needs " + status.needed() + ": nvsentinel schema migrate");
    }

    @Command(
            name = "print",
            description = "Prints SQL for psql, for example for a database administrator to apply. Needs no database.",
            footer = {
                "",
                "Examples:",
                "  nvsentinel schema print | psql -f - nvsentinel",
                "  nvsentinel schema print roles; nvsentinel schema print grants"
            })
    int print(
            @Parameters(
                            defaultValue = "schema",
                            paramLabel = "PART",
                            description = "schema (default), roles or grants.")
                    Part part) {
        resource("postgresql-" + part.name().toLowerCase(Locale.ROOT) + ".sql")
                .lines()
                .allMatch(invocation.console()::line);
        return ExitCode.OK;
    }

    private static String resource(String name) {
        try (InputStream file = Objects.requireNonNull(
                SchemaCommand.class.getResourceAsStream("/io/nvsentinel/examples/cli/sql/" + name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SchemaStatus status(ConnectionArguments connection) {
        return Objects.requireNonNull(
                SchemaStatus.of(connection.options(SchemaMode.NONE)).block());
    }

    private static Map<String, @Nullable Object> values(SchemaStatus status) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("current", status.current());
        values.put("needed", status.needed());
        values.put("pending", status.pending());
        values.put("unknown", status.unknown());
        values.put("failed", status.failed());
        values.put("usable", status.isUsable());
        return values;
    }
}
