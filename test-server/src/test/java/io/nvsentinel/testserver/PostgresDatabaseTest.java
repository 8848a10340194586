// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

class PostgresDatabaseTest {

    private final TestDatabase database = PostgresServer.shared().createDatabase();
    private final List<Connection> open = new ArrayList<>();

    @AfterEach
    void close() throws SQLException {
        for (Connection connection : open) {
            connection.close();
        }
        database.drop();
    }

    private Connection open(String... statements) throws SQLException {
        Connection connection = database.connect();
        open.add(connection);
        try (var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
        return connection;
    }

    private void verify(int sessions, int locks) {
        new LeakCheck(database, Duration.ofMillis(100)).verify("after x", sessions, locks);
    }

    @Test
    void nothingLeftIsNoLeak() {
        verify(0, 0);
    }

    @Test
    void aSessionMoreThanAllowedIsALeakThatIsDescribed() throws Exception {
        open("SET application_name = 'planted'", "SELECT 'last words'");
        verify(1, 0);
        assertThatThrownBy(() -> verify(0, 0))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1 sessions, allowed are 0")
                .hasMessageContaining("application_name 'planted'")
                .hasMessageContaining("state idle")
                .hasMessageContaining("SELECT 'last words'")
                .hasMessageContaining("pid " + database.queryForString("""
                        SELECT pid FROM pg_stat_activity WHERE application_name = 'planted'"""));
    }

    @Test
    void aSessionIdleInTransactionIsALeakEvenIfSessionsMayStay() throws Exception {
        open("BEGIN");
        assertThatThrownBy(() -> verify(9, 0)).hasMessageContaining("1 sessions idle in transaction");
    }

    @Test
    void aSessionIdleInAFailedTransactionIsALeak() throws Exception {
        Connection connection = open("BEGIN");
        try (var statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("nonsense")).isInstanceOf(SQLException.class);
        }
        assertThatThrownBy(() -> verify(9, 0)).hasMessageContaining("1 sessions idle in transaction");
    }

    @Test
    void anAdvisoryLockIsALeakEvenIfSessionsMayStay() throws Exception {
        open("SELECT pg_advisory_lock(4, 2)");
        verify(9, 1);
        assertThatThrownBy(() -> verify(9, 0))
                .hasMessageContaining("1 advisory locks, allowed are 0")
                .hasMessageContaining("classid 4, objid 2");
    }

    @Test
    void aPreparedTransactionIsALeak() {
        database.execute("CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'planted'");
        assertThatThrownBy(() -> verify(9, 9)).hasMessageContaining("prepared transactions: [planted");
    }

    @Test
    void aSessionThatEndsInTimeIsNoLeak() throws Exception {
        open("SET idle_session_timeout = '300ms'");
        new LeakCheck(database, LeakCheck.GRACE).verify("after x", 0, 0);
    }

    @Test
    void outsideOfATestClassThereIsNoDatabase() {
        assertThatThrownBy(() -> PostgresDatabase.empty().get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aNegativeNumberOfKeptSessionsIsRefused() {
        assertThatThrownBy(() -> PostgresDatabase.empty().keepingSessions(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }

    // The extension as a whole, on planted test classes.

    private static EngineExecutionResults run(Class<?> planted) {
        Planted.DATABASES.clear();
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(planted))
                .execute();
    }

    private static void assertDropped() {
        assertThat(Planted.DATABASES)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(PostgresServer.shared()
                                .admin()
                                .queryForStrings("SELECT 1 FROM pg_database WHERE datname = ?", name))
                        .isEmpty());
    }

    private static List<String> failures(EngineExecutionResults results) {
        return results.allEvents().failed().stream().map(Event::toString).toList();
    }

    @Test
    void aLeakingTestFailsAloneAndTheDatabaseIsDropped() {
        EngineExecutionResults results = run(Planted.Leaking.class);
        assertThat(failures(results)).singleElement().asString().contains("aLeaks()", "1 sessions, allowed are 0");
        results.testEvents().assertStatistics(stats -> stats.succeeded(1).failed(1));
        assertThat(Planted.DATABASES).hasSize(1);
        assertDropped();
    }

    @Test
    void keptSessionsMustBeClosedAtTheEndOfTheClass() throws SQLException {
        EngineExecutionResults kept = run(Planted.Keeping.class);
        assertThat(failures(kept)).isEmpty();
        kept.testEvents().assertStatistics(stats -> stats.succeeded(2));
        assertDropped();

        EngineExecutionResults forgotten = run(Planted.Forgetting.class);
        Planted.closeAll();
        assertThat(failures(forgotten)).singleElement().asString().contains("after all tests of", "1 sessions");
        forgotten.testEvents().assertStatistics(stats -> stats.succeeded(1));
        assertDropped();
    }

    @Test
    void nestedClassesShareTheDatabaseOfTheirOuterClass() {
        EngineExecutionResults results = run(Planted.Outer.class);
        assertThat(failures(results)).isEmpty();
        results.testEvents().assertStatistics(stats -> stats.succeeded(3));
        assertThat(Planted.DATABASES).hasSize(1);
        assertDropped();
    }
}
