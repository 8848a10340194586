// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * More documents than fit into memory are read through a small heap by a slow subscriber. {@code -Dscan.documents=1000000}
 * makes it a million.
 */
class SmallHeapScanTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final long DOCUMENTS = Long.getLong("scan.documents", 100_000);

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void aScanRemembersNothingPerDocument() throws Exception {
        // Of indexes and changes nothing is needed here, and they take most of the time to store as many.
        DATABASE.execute(
                "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture;" + " DROP INDEX health_events_data");
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
                + " jsonb_build_object('nodeName', 'node-' || n, 'message', repeat(md5(n::text), 16)))"
                + " FROM generate_series(1, " + DOCUMENTS + ") AS n");
        DATABASE.execute("ANALYZE health_events");

        assertThat(scan()).contains("read " + DOCUMENTS);
    }

    /** What the program printed. */
    private static String scan() throws Exception {
        TestDatabase database = DATABASE.get();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SmallHeapScan.class.getName(),
                        database.host(),
                        Integer.toString(database.port()),
                        database.name(),
                        database.user(),
                        Objects.requireNonNullElse(database.password(), ""))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
