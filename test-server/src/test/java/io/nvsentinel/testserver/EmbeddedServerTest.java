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

    private static Set<Long> processes() {
        long postmaster = Long.parseLong(readFirstLine(server.dataDirectory().resolve("postmaster.pid")));
        return Stream.concat(
                        Stream.of(postmaster),
                        ProcessHandle.of(postmaster).orElseThrow().descendants().map(ProcessHandle::pid))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean lives(long pid) {
        return ProcessHandle.of(pid).map(PgControl::isAlive).orElse(false);
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
        Set<Path> before = siblings();
        assertThatThrownBy(() -> PostgresServer.embedded()
                        .setting("work_mem", "lots")
                        .startWait(Duration.ofSeconds(3))
                        .start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("invalid value for parameter \"work_mem\"");
        assertThat(siblings()).isEqualTo(before);
    }

    private static Set<Path> siblings() throws IOException {
        try (Stream<Path> siblings = Files.list(server.dataDirectory().getParent())) {
            return siblings.collect(Collectors.toSet());
        }
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
