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
            "Imports a file of mongoexport: Extended JSON, relaxed or canonical; one document per "
                    + "line, a JSON array, or documents over several lines; plain or gzip.",
            "The import can be repeated, even if it was stopped partway: documents that are already "
                    + "stored are neither stored twice nor changed. At the end, the checksum of every "
                    + "document is compared with the stored record."
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

    @Parameters(paramLabel = "FILE", description = "The file that mongoexport wrote; - for standard input.")
    private String file = Source.STANDARD_INPUT;

    @Option(
            names = "--into",
            required = true,
            paramLabel = "COLLECTION",
            description =
                    "health_events, maintenance_events, or any other collection; it is created if it does not exist.")
    private String into = "";

    @Option(
            names = "--capture",
            description = "Deliver the imported documents to change streams as inserts. Without this "
                    + "option, change streams do not receive them; this requires the owner of the "
                    + "collection, and other writers wait during each batch.")
    private boolean capture;

    @Option(names = "--dry-run", description = "Only convert and report; do not connect, store or write a file.")
    private boolean dryRun;

    @Option(names = "--stop-on-error", description = "Stop after the batch with the first rejected document.")
    private boolean stopOnError;

    @Option(
            names = "--rejects",
            paramLabel = "FILE",
            description = "The file for rejected documents, with line and reason; it must not exist, and "
                    + "only its owner can read it. Default: FILE.rejects.jsonl in the current "
                    + "directory, with a number if that exists.")
    private @Nullable Path rejects;

    @Option(
            names = "--legacy-uuid",
            paramLabel = "ORDER",
            description = "The byte order of UUIDs of binary subtype 3: python, java or csharp, according "
                    + "to the driver that wrote them. Default: keep, which stores them as binaries.")
    private LegacyUuid legacyUuid = LegacyUuid.KEEP;

    @Option(
            names = "--batch-size",
            paramLabel = "COUNT",
            description = "The largest number of documents in one transaction. Default: 2000.")
    private int batchSize = 2_000;

    @Option(
            names = "--lock-wait",
            paramLabel = "TIME",
            defaultValue = "1m",
            description = "How long the import waits for a lock on the collection before it stops; run it "
                    + "again to continue (default: ${DEFAULT-VALUE}).")
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
        // Reports an error of the connection or the schema more clearly than the later steps.
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
