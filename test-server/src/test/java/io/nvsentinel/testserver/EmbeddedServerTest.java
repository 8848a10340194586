// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedServerTest {

    private static final List<String> PROGRESS = new ArrayList<>();
    private static EmbeddedServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .setting("wal_level", "logical")
                .setting("max_connections", "40")
                .setting("search_path", "it's, \"$user\", public")
                .onProgress(PROGRESS::add)
                .start();
        server.admin().execute("CREATE TABLE kept (id int)");
    }

    @AfterAll
    static void close() {
        Path data = server.dataDirectory();
        server.close();
        server.close();
        assertThat(server.isRunning()).isFalse();
        assertThat(data).doesNotExist();
        assertThat(data.resolveSibling(data.getFileName() + ".log")).doesNotExist();
    }

    @BeforeEach
    void isUp() {
        if (!server.isRunning()) {
            server.restart();
        }
        server.admin().execute("TRUNCATE kept");
    }

    private static String setting(String name) {
        return server.admin().queryForString("SELECT current_setting(?)", name);
    }

    @Test
    void runsWithThePresetAndTheChosenSettings() throws IOException {
        assertThat(server.isEmbedded()).isTrue();
        assertThat(setting("wal_level")).isEqualTo("logical");
        assertThat(setting("synchronous_commit")).isEqualTo("on");
        assertThat(setting("search_path")).isEqualTo("it's, \"$user\", public");
        assertThat(setting("fsync")).isEqualTo("off");
        assertThat(setting("max_connections")).isEqualTo("40");
        assertThat(setting("max_prepared_transactions")).isEqualTo("50");
        // The JDBC driver sets the zone of its sessions; the server's own is seen from how it was started.
        assertThat(Files.readString(server.dataDirectory().resolve("postmaster.opts")))
                .contains("timezone=Asia/Kolkata")
                .doesNotContain("timezone=UTC");
    }

    @Test
    void tellsWhatGoesOn() {
        assertThat(PROGRESS).hasSize(2);
        assertThat(PROGRESS.get(0)).matches("(Unpacking|Starting) PostgreSQL.*");
        assertThat(PROGRESS.get(1)).isEqualTo("PostgreSQL " + server.majorVersion() + " runs on port " + server.port());
    }

    @Test
    void aKilledServerIsGoneAndRestartsOnTheSamePortWithItsData() throws SQLException {
        server.admin().execute("INSERT INTO kept VALUES (1)");
        int port = server.port();
        try (Connection session = server.admin().connect()) {
            server.kill();
            assertThat(server.isRunning()).isFalse();
            assertThat(session.isValid(1)).isFalse();
        }
        assertThatThrownBy(() -> server.admin().connect()).isInstanceOf(SQLException.class);
        assertThatThrownBy(server::kill).isInstanceOf(IllegalStateException.class);
        server.restart();
        assertThat(server.isRunning()).isTrue();
        assertThat(server.port()).isEqualTo(port);
        assertThat(server.admin().queryForString("SELECT count(*) FROM kept")).isEqualTo("1");
        assertThat(setting("wal_level")).isEqualTo("logical");
        assertThat(setting("synchronous_commit")).isEqualTo("on");
    }

    @Test
    void killLeavesNoProcess() {
        Set<Long> processes = processes();
        assertThat(processes).hasSizeGreaterThan(3);
        server.kill();
        assertThat(processes).noneMatch(EmbeddedServerTest::lives);
    }

    @Test
    void aPidFileThatNamesAnotherProgramIsNoServer() throws IOException {
        Path stale = Files.createTempFile("postmaster", ".pid");
        Files.writeString(stale, ProcessHandle.current().pid() + "\nmore\n");
        Postmaster other = new Postmaster(stale);
        assertThat(other.isAlive()).isFalse();
        assertThatThrownBy(other::kill).isInstanceOf(IllegalStateException.class);
        Files.delete(stale);
        assertThat(other.isAlive()).isFalse();
    }

    /** Sessions that begin while the server is killed must not keep its memory from the next start. */
    @Test
    void aServerKilledUnderAStormOfLoginsRestarts() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> storm = Stream.generate(() -> new Thread(() -> logInUntil(done)))
                .limit(4)
                .toList();
        storm.forEach(Thread::start);
        try {
            for (int i = 0; i < 5; i++) {
                server.kill();
                server.restart();
                assertThat(server.admin().queryForString("SELECT 1")).isEqualTo("1");
            }
        } finally {
            done.set(true);
        }
        for (Thread thread : storm) {
            thread.join();
        }
    }

    private static void logInUntil(AtomicBoolean done) {
        while (!done.get()) {
            try (Connection session = server.admin().connect()) {
                session.isValid(1);
            } catch (SQLException e) {
                // The server is down for a moment; the next login may find it again.
                continue;
            }
        }
    }

    private static Set<Long> processes() {
        long postmaster = Long.parseLong(readFirstLine(server.dataDirectory().resolve("postmaster.pid")));
        return Stream.concat(
                        Stream.of(postmaster),
                        ProcessHandle.of(postmaster).orElseThrow().descendants().map(ProcessHandle::pid))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean lives(long pid) {
        return ProcessHandle.of(pid).map(Postmaster::isAlive).orElse(false);
    }

    private static String readFirstLine(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void stopsInOrderOrAtOnceAndRestarts() {
        server.stop();
        assertThat(server.isRunning()).isFalse();
        assertThat(server.logTail()).contains("database system is shut down");
        server.restart();
        server.stopImmediately();
        assertThat(server.isRunning()).isFalse();
        server.restart();
        assertThat(server.logTail()).contains("automatic recovery in progress");
        assertThat(server.admin().queryForString("SELECT 1")).isEqualTo("1");
    }

    @Test
    void restartsWhileItRuns() throws SQLException {
        try (Connection session = server.admin().connect()) {
            server.restart();
            assertThat(session.isValid(1)).isFalse();
        }
        assertThat(server.admin().queryForString("SELECT 1")).isEqualTo("1");
    }

    @Test
    void aKilledServerCanBeClosed() {
        EmbeddedServer other = PostgresServer.embedded().stopAtExit(false).start();
        other.kill();
        other.close();
        assertThat(other.dataDirectory()).doesNotExist();
    }

    @Test
    void binariesOfAnotherVersionAreRefusedWithTheWayOut() {
        int other = server.majorVersion() == 14 ? 15 : 14;
        assertThatThrownBy(() -> PostgresServer.embedded().majorVersion(other).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("have version " + server.majorVersion())
                .hasMessageContaining("wanted is " + other)
                .hasMessageContaining("-Dpostgres=" + other);
    }

    @Test
    void aServerThatCannotStartSaysWhyAndLeavesNothing() throws IOException {
        String value = "lots_" + ProcessHandle.current().pid();
        assertThatThrownBy(() -> PostgresServer.embedded()
                        .setting("work_mem", value)
                        .startWait(Duration.ofSeconds(3))
                        .start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("invalid value for parameter \"work_mem\": \"" + value + "\"");
        // Other JVMs come and go in the same directory.
        try (Stream<Path> siblings = Files.list(server.dataDirectory().getParent())) {
            assertThat(siblings)
                    .noneMatch(path -> text(path).contains(value))
                    .noneMatch(path -> text(path.resolve("postgresql.conf")).contains(value));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            // A directory, or a file that is gone by now.
            return "";
        }
    }

    @Test
    void theLogOfDataThatIsGoneIsRemoved() throws IOException {
        Path stale = Files.createFile(server.dataDirectory().resolveSibling("00000000-gone.log"));
        PgControl.create(null);
        assertThat(stale).doesNotExist();
        assertThat(server.dataDirectory().resolveSibling(server.dataDirectory().getFileName() + ".log"))
                .exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"port", "Port", "work mem", "", "a;b", "ä"})
    void aSettingThatCannotBeSetIsRefused(String name) {
        assertThatThrownBy(() -> PostgresServer.embedded().setting(name, "1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + name + "'");
    }

    @Test
    void aValueThatWouldBreakTheConfigurationIsRefused() {
        assertThatThrownBy(() -> PostgresServer.embedded().setting("work_mem", "1MB\nport = 1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("work_mem");
        assertThatThrownBy(() -> PostgresServer.embedded().setting("TimeZone", "UTC; rm"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'UTC; rm' of timezone");
    }
}
