// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.examples.cli.importing.json.LegacyUuid;
import io.nvsentinel.examples.cli.importing.source.Source;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.postgresql.PGConnection;

/**
 * How fast the import is beside a bare {@code COPY} of the converted lines, on one server in one run. A program, not a
 * test: its only argument is the number of documents.
 */
final class ImportSpeed {

    private static final int DOCUMENTS = 200_000;
    private static final double SECOND = 1e9;

    private final TestDatabase database;
    private final Path export;
    private final Path lines;
    private final int documents;

    private ImportSpeed(TestDatabase database, Path directory, int documents) {
        this.database = database;
        this.export = directory.resolve("export.json");
        this.lines = directory.resolve("lines.copy");
        this.documents = documents;
    }

    public static void main(String... arguments) throws IOException, SQLException {
        int documents = arguments.length > 0 ? Integer.parseInt(arguments[0]) : DOCUMENTS;
        Path directory = Files.createTempDirectory("import-speed");
        TestDatabase database = PostgresServer.shared().createDatabase(ImportDatabase.MIGRATED);
        ImportSpeed speed = new ImportSpeed(database, directory, documents);
        try {
            speed.measure();
        } finally {
            Files.deleteIfExists(speed.export);
            Files.deleteIfExists(speed.lines);
            Files.deleteIfExists(directory);
            database.drop();
        }
    }

    private void measure() throws IOException, SQLException {
        makeExport();
        makeLines();
        // The first runs are for the JVM and the server to get warm.
        copy();
        importing();
        double copy = copy();
        database.execute("ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture");
        double uncaptured = copy();
        database.execute("ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture");
        double captured = importing("--capture");
        double imported = importing();
        double again = seconds(() -> run());
        print("bare COPY, captured", copy, copy);
        print("import --capture", captured, copy);
        print("bare COPY, capture trigger disabled", uncaptured, uncaptured);
        print("import", imported, uncaptured);
        print("repeated import, nothing to store", again, uncaptured);
    }

    private void print(String what, double seconds, double beside) {
        System.out.printf(
                Locale.ROOT,
                "%-36s %6.1f s %,9.0f documents/s  ratio %.2f%n",
                what,
                seconds,
                documents / seconds,
                beside / seconds);
    }

    private void makeExport() throws IOException {
        List<String> samples =
                ImportMongoTest.resource("health_events.json").lines().toList();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(export))) {
            for (int i = 0; i < documents; i++) {
                String line = samples.get(i % samples.size());
                String id = String.format(Locale.ROOT, "68d0%08x000000000000", i);
                out.write((line.replaceFirst("[0-9a-f]{24}", id) + '\n').getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void makeLines() throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(lines));
                Source source = Source.open(export.toString(), InputStream.nullInputStream());
                Stream<Batch> batches = new BatchReader(
                                source, new Converter(LegacyUuid.KEEP, Target.named("health_events")), 1_000, true)
                        .batches()) {
            for (Batch batch : (Iterable<Batch>) batches::iterator) {
                for (ConvertedDocument document : batch.documents()) {
                    String json = new String(document.json(), StandardCharsets.UTF_8);
                    out.write((json.replace("\\", "\\\\") + '\n').getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    private double copy() throws IOException, SQLException {
        empty();
        return seconds(() -> {
            try (Connection connection = database.connect();
                    InputStream in = Files.newInputStream(lines)) {
                connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY health_events(data) FROM STDIN", in);
            }
        });
    }

    private double importing(String... more) throws IOException, SQLException {
        empty();
        return seconds(() -> run(more));
    }

    private void run(String... more) {
        String[] arguments = Stream.concat(Stream.of(export.toString(), "--into", "health_events"), Stream.of(more))
                .toArray(String[]::new);
        Run run = ImportDatabase.run(database, InputStream.nullInputStream(), arguments);
        if (run.exitCode() != ExitCode.OK) {
            throw new IllegalStateException(run.toString());
        }
        System.out.println(run.text());
    }

    private void empty() {
        database.execute("TRUNCATE health_events");
        database.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog; CHECKPOINT");
    }

    /** Work that is measured. */
    private interface Work {

        void run() throws IOException, SQLException;
    }

    private static double seconds(Work work) throws IOException, SQLException {
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) / SECOND;
    }
}
