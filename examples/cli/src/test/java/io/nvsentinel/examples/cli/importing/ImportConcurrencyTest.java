// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Main;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.examples.cli.importing.json.LegacyUuid;
import io.nvsentinel.examples.cli.importing.source.Source;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The import beside others, killed, denied, and larger than memory may be. */
class ImportConcurrencyTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(ImportDatabase.MIGRATED);

    @BeforeEach
    void empty() {
        database.execute("DROP TABLE IF EXISTS other");
        database.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
        database.execute("SELECT nvsentinel_create_collection('other')");
    }

    /** Every change of an application is captured while an import without capture writes between them. */
    @Test
    void hidesNoChangeOfAnybodyElse() throws Exception {
        AtomicBoolean imported = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Set<UUID>>> writers =
                    List.of(threads.submit(writer(imported)), threads.submit(writer(imported)));
            Await.until("writers are under way", SOON, () -> count("datastore_changelog") > 20);
            Run run = importing(new Numbered(4_000), "--batch-size", "100");
            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
            long during = count("datastore_changelog");
            Await.until("writers continue", SOON, () -> count("datastore_changelog") > during + 20);
            imported.set(true);
            List<String> written = new ArrayList<>();
            for (Future<Set<UUID>> writer : writers) {
                writer.get(SOON.toSeconds(), TimeUnit.SECONDS).forEach(id -> written.add(id.toString()));
            }
            assertThat(database.get()
                            .queryForStrings("SELECT record_id FROM datastore_changelog WHERE table_name = 'other'"))
                    .containsExactlyInAnyOrderElementsOf(written);
            assertThat(count("other")).isEqualTo(4_000 + written.size());
        } finally {
            imported.set(true);
            threads.shutdownNow();
        }
    }

    private static Callable<Set<UUID>> writer(AtomicBoolean end) {
        return () -> {
            Set<UUID> written = new HashSet<>();
            try (Connection connection = database.connect();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO other (data) VALUES ('{}') RETURNING id")) {
                while (!end.get()) {
                    try (var row = insert.executeQuery()) {
                        row.next();
                        written.add(row.getObject(1, UUID.class));
                    }
                }
            }
            return written;
        };
    }

    /** A killed process leaves what it committed, the capture trigger as it was, and nothing to clean up. */
    @Test
    void goesOnAfterItWasKilled() throws Exception {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "import-mongo",
                "-",
                "--into",
                "other",
                "--batch-size",
                "200");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(ImportDatabase.environment(database.get()));
        Process process = builder.start();
        Thread feeder = new Thread(() -> feed(process.getOutputStream()), "feeder");
        feeder.start();
        try {
            Await.until("part of it is stored", SOON, () -> count("other") >= 1_000);
        } finally {
            process.destroyForcibly().waitFor();
            feeder.join(SOON.toMillis());
        }
        Await.until(
                "the server has ended its session",
                SOON,
                () -> count("pg_stat_activity WHERE datname = current_database()"
                                + " AND application_name LIKE '% import'")
                        == 0);
        long stored = count("other");
        assertThat(stored % 200).isZero();
        assertThat(value("SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname = 'nvsentinel_capture'"))
                .isEqualTo("A");
        Run rest = importing(new Numbered((int) stored + 500));
        assertThat(rest.exitCode()).as(rest.toString()).isEqualTo(ExitCode.OK);
        assertThat(rest.text())
                .containsPattern("(?m)^  already there +" + String.format("%,d", stored) + "$")
                .containsPattern("(?m)^  stored +500$")
                .contains("all are equal");
    }

    private static void feed(OutputStream to) {
        try (OutputStream out = new BufferedOutputStream(to)) {
            new Numbered(Integer.MAX_VALUE).transferTo(out);
        } catch (IOException e) {
            // Its reader was killed, which is what this is about.
            assertThat(e).hasMessageMatching("(?i).*(pipe|closed).*");
        }
    }

    /** What is in memory is bounded by batches: reading never gets further ahead of storing than they can hold. */
    @Test
    void readsOnlyAFewBatchesAhead() {
        int documents = 300_000;
        int batch = 1_000;
        Numbered source = new Numbered(documents);
        // One is stored, some wait, one is being made; the rest is buffers of bytes, which hold some thousands of
        // these.
        long ahead = (BatchReader.AHEAD + 2L) * batch + 2 * (64 << 10) / Numbered.LEAST_BYTES;
        long[] most = new long[1];
        try (Source closed = Source.open("-", source)) {
            BatchReader reader =
                    new BatchReader(closed, new Converter(LegacyUuid.KEEP, new Target("other")), batch, true);
            long[] taken = new long[1];
            try (Stream<Batch> batches = reader.batches()) {
                batches.forEach(one -> {
                    taken[0] += one.documents().size();
                    most[0] = Math.max(most[0], source.made() - taken[0]);
                });
            }
            assertThat(taken[0]).isEqualTo(documents);
        }
        assertThat(most[0]).isBetween(1L, ahead);
    }

    @Test
    void onlyTheOwnerCanImportBehindTheBackOfChangeStreams() {
        database.execute(
                "CREATE ROLE importer LOGIN PASSWORD 'p'; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA"
                        + " public TO importer; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO importer");
        try {
            TestDatabase importer = database.get().as("importer", "p");
            Run refused = ImportDatabase.run(importer, new Numbered(3), "-", "--into", "other");
            assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
            assertThat(refused.err())
                    .singleElement()
                    .asString()
                    .contains("only the owner")
                    .contains("--capture");
            assertThat(count("other")).isZero();
            Run captured = ImportDatabase.run(importer, new Numbered(3), "-", "--into", "other", "--capture");
            assertThat(captured.exitCode()).as(captured.toString()).isEqualTo(ExitCode.OK);
            assertThat(count("datastore_changelog")).isEqualTo(3);
        } finally {
            database.execute("DROP OWNED BY importer; DROP ROLE importer");
        }
    }

    @Test
    void refusesATableThatIsNoCollection() {
        Run run = ImportDatabase.run(database.get(), new Numbered(1), "-", "--into", "resume_tokens", "--capture");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).singleElement().asString().contains("not a collection");
    }

    private static Run importing(InputStream in, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-", "--into", "other"));
        arguments.addAll(List.of(more));
        return ImportDatabase.run(database.get(), in, arguments.toArray(String[]::new));
    }

    private static String value(String sql) {
        return database.queryForString(sql);
    }

    private static long count(String fromWhere) {
        return Long.parseLong(value("SELECT count(*) FROM " + fromWhere));
    }
}
