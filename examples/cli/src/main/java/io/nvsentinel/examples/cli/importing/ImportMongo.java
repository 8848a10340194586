// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.ToolException;
import io.nvsentinel.examples.cli.importing.json.LegacyUuid;
import io.nvsentinel.examples.cli.importing.source.Source;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code import-mongo}. */
@Command(
        name = "import-mongo",
        description = {
            "Stores what mongoexport wrote: Extended JSON, relaxed or canonical, one document a line, one list, or"
                    + " over several lines, plain or gzip.",
            "Run it again, also after it was stopped half-way: what is stored already is not stored twice, and not"
                    + " changed. In the end every document's checksum is compared with the record's."
        },
        footer = {
            "",
            "Examples:",
            "  nvsentinel import-mongo health_events.json --into health_events --dry-run",
            "  mongoexport --uri ... --collection HealthEvents | nvsentinel import-mongo - --into health_events",
            "  nvsentinel import-mongo maintenance_events.json.gz --into maintenance_events --capture"
        })
public final class ImportMongo implements Callable<Integer> {

    private static final int MOST_IN_BATCH = 100_000;

    private final Invocation invocation;

    @Mixin
    private ConnectionArguments connection;

    @Parameters(paramLabel = "FILE", description = "What mongoexport wrote; - for standard input.")
    private String file = Source.STANDARD_INPUT;

    @Option(
            names = "--into",
            required = true,
            paramLabel = "COLLECTION",
            description =
                    "health_events, maintenance_events, or any other collection, which is created if it is missing.")
    private String into = "";

    @Option(
            names = "--capture",
            description =
                    "Let change streams see the imported documents as inserts. Without it they do not, which only the"
                            + " owner of the collection can do; other writers of it wait for each batch.")
    private boolean capture;

    @Option(
            names = "--dry-run",
            description = "Convert and report; connect to nothing, store nothing and write no file.")
    private boolean dryRun;

    @Option(names = "--stop-on-error", description = "End after the batch with the first rejected document.")
    private boolean stopOnError;

    @Option(
            names = "--rejects",
            paramLabel = "FILE",
            description =
                    "Where rejected documents go, with line and reason: a new file that only its owner can read. Default:"
                            + " FILE.rejects.jsonl in the current directory, with a number if there is one already.")
    private @Nullable Path rejects;

    @Option(
            names = "--legacy-uuid",
            paramLabel = "ORDER",
            description =
                    "The byte order of UUIDs of binary subtype 3: python, java or csharp, after the driver that wrote"
                            + " them. Default: keep, as binaries.")
    private LegacyUuid legacyUuid = LegacyUuid.KEEP;

    @Option(
            names = "--batch-size",
            paramLabel = "COUNT",
            description = "Documents in a transaction, at most. Default: 2000.")
    private int batchSize = 2_000;

    @Option(
            names = "--lock-wait",
            paramLabel = "TIME",
            defaultValue = "1m",
            description =
                    "How long other transactions may hold the collection before the import ends; it goes on where it"
                            + " was when it is run again (default: ${DEFAULT-VALUE}).")
    private Duration lockWait = Duration.ZERO;

    /**
     * A command.
     *
     * @param invocation of the run
     */
    ImportMongo(Invocation invocation) {
        this.invocation = invocation;
        this.connection = new ConnectionArguments(invocation);
    }

    @Override
    public Integer call() {
        if (batchSize < 1 || batchSize > MOST_IN_BATCH) {
            throw ToolException.usage("--batch-size must be between 1 and " + MOST_IN_BATCH + ", not " + batchSize);
        }
        Target target = Target.named(into);
        try (Source source = Source.open(file, invocation.console().in());
                RejectFile rejected = rejectFile()) {
            BatchReader reader = new BatchReader(source, new Converter(legacyUuid, target), batchSize, !dryRun);
            Import running = new Import(invocation, source, rejected, stopOnError, lockWait);
            return dryRun ? running.rehearse(reader) : store(running, reader, target);
        }
    }

    private int store(Import running, BatchReader reader, Target target) {
        DatastoreOptions options = connection.options();
        // Says what is wrong with the connection or the schema better than what comes after.
        invocation.withDatastore(options, Datastore::ping);
        if (invocation.isInterrupted()) {
            return ExitCode.INTERRUPTED;
        }
        String table = CollectionTable.quoted(options.schema(), target);
        try (ImportConnection database = ImportConnection.open(options)) {
            if (!target.isEvents() && !CollectionTable.exists(database.jdbc(), table)) {
                invocation.withDatastore(options, datastore -> datastore.createCollection(target.table()));
            }
            CollectionTable collection = CollectionTable.of(database.jdbc(), table, capture);
            return running.store(
                    reader, database.jdbc(), collection, CollectionTable.shortest(options.schema(), target));
        } catch (SQLException e) {
            throw ImportErrors.of(e, target, capture);
        }
    }

    private RejectFile rejectFile() {
        if (dryRun) {
            return RejectFile.none();
        }
        if (rejects != null) {
            return RejectFile.at(rejects);
        }
        boolean standardInput = file.equals(Source.STANDARD_INPUT);
        Path given = standardInput ? Path.of("standard-input") : Path.of(file);
        return RejectFile.numbered(given.getFileName() + ".rejects");
    }
}
