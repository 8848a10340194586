// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * More changes in one transaction than fit into memory stream through a small heap to a slow subscriber.
 * {@code -Dstorm.changes=1000000} makes it a million.
 */
@Tag("slow")
class SmallHeapTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    static final PostgresDatabase LARGE = PostgresDatabase.from(Databases.MIGRATED);

    private static final long CHANGES = Long.getLong("storm.changes", 100_000);

    @BeforeAll
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    static void write() {
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
                + " jsonb_build_object('nodeName', 'node-' || n, 'message', repeat(md5(n::text), 8)))"
                + " FROM generate_series(1, " + CHANGES + ") AS n");
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void anUnnamedWatchRemembersNothingPerChange() throws Exception {
        assertThat(read("changes")).contains("last " + newest());
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void aNamedWatchThatAcknowledgesStaysBoundedToo() throws Exception {
        assertThat(read("changes", "small heap")).contains("last " + newest());
        assertThat(DATABASE.queryForString(
                        "SELECT resume_token ->> 'position' FROM resume_tokens WHERE client_name = 'small heap'"))
                .isEqualTo(newest());
    }

    /** Documents of 94 kB that the server stores in 4 kB: many of them fill the bytes of a page as they are stored. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void aSnapshotIsBoundedByTheSizeOfDocumentsInMemory() throws Exception {
        LARGE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
                + " jsonb_build_object('nodeName', 'node-' || n, 'message', repeat(md5(n::text), 2938)))"
                + " FROM generate_series(1, 1500) AS n");
        assertThat(read(LARGE.get(), 1500, "snapshot")).contains("records 1500");
    }

    private static String newest() {
        return Objects.requireNonNull(DATABASE.queryForString("SELECT max(id)::text FROM datastore_changelog"));
    }

    /** What the program printed. */
    private static String read(String... what) throws IOException, InterruptedException {
        return read(DATABASE.get(), CHANGES, what);
    }

    private static String read(TestDatabase database, long events, String... what)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                SmallHeap.class.getName(),
                database.host(),
                Integer.toString(database.port()),
                database.name(),
                database.user(),
                Objects.requireNonNullElse(database.password(), ""),
                Long.toString(events)));
        command.addAll(List.of(what));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
