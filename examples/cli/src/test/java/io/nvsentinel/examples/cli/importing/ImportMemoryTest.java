// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.Main;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A file that is larger than the heap goes through it. */
@Tag("slow")
class ImportMemoryTest {

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(ImportDatabase.MIGRATED);

    private static final int DOCUMENTS = 300_000;
    private static final int HEAP_MIB = 64;

    @TempDir
    private Path directory;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void threeHundredThousandDocumentsThroughASmallHeap() throws Exception {
        Path file = directory.resolve("documents.json");
        write(file);
        assertThat(Files.size(file)).isGreaterThan(HEAP_MIB * (1L << 20));

        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP_MIB + "m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName(),
                        "import-mongo",
                        file.toString(),
                        "--into",
                        "other"))
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(ImportDatabase.environment(database.get()));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).containsPattern("(?m)^  stored +300,000$").contains("all are equal");
        assertThat(database.queryForString("SELECT count(*) FROM other")).isEqualTo(Integer.toString(DOCUMENTS));
    }

    private static void write(Path file) throws IOException {
        String text = "x".repeat(230);
        try (BufferedWriter lines = Files.newBufferedWriter(file)) {
            for (int i = 0; i < DOCUMENTS; i++) {
                lines.write("{\"_id\":" + i + ",\"text\":\"" + text + "\"}\n");
            }
        }
    }
}
