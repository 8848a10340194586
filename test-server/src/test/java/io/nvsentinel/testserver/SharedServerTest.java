// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedServerTest {

    private final PostgresServer server = PostgresServer.shared();

    @Test
    void isOnePerJvmAndHasTheWantedVersion() {
        assertThat(PostgresServer.shared()).isSameAs(server);
        Integer wanted = SharedServer.major();
        if (wanted != null && System.getenv(SharedServer.URL) == null) {
            assertThat(server.majorVersion()).isEqualTo(wanted);
        }
    }

    @Test
    void cannotBeClosedByATest() {
        assertThatThrownBy(server::close).isInstanceOf(IllegalStateException.class);
        assertThat(server.admin().queryForString("SELECT 1")).isEqualTo("1");
    }

    @Test
    void databasesAreSeparateAndDropEndsTheirSessionsAndPreparedTransactions() throws Exception {
        TestDatabase one = server.createDatabase();
        TestDatabase two = server.createDatabase();
        assertThat(one.name()).isNotEqualTo(two.name());
        one.execute("CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'left over'");
        two.execute("CREATE TABLE t (id int)");
        try (var open = one.connect()) {
            one.drop();
            assertThat(open.isValid(1)).isFalse();
        }
        one.drop();
        two.drop();
        assertThat(server.admin()
                        .queryForStrings(
                                "SELECT datname FROM pg_database WHERE datname IN (?, ?)", one.name(), two.name()))
                .isEmpty();
    }

    @Test
    void aTemplateIsInitializedOnceAndCloned() {
        AtomicInteger runs = new AtomicInteger();
        Template template = new Template("once", database -> {
            runs.incrementAndGet();
            database.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (7)");
        });
        TestDatabase one = server.createDatabase(template);
        TestDatabase two = server.createDatabase(template);
        one.execute("UPDATE t SET id = 8");
        assertThat(two.queryForString("SELECT id FROM t")).isEqualTo("7");
        assertThat(runs).hasValue(1);
        one.drop();
        two.drop();
    }

    @Test
    void aTemplateThatFailsLeavesNothingAndIsTriedAgain() {
        AtomicInteger runs = new AtomicInteger();
        Template template = new Template("fails_first", database -> {
            database.execute("CREATE TABLE t (id int)");
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("planted");
            }
        });
        assertThatThrownBy(() -> server.createDatabase(template)).hasMessage("planted");
        server.createDatabase(template).drop();
        assertThat(runs).hasValue(2);
    }

    @Test
    void aTemplateNameThatSqlWouldNeedToQuoteIsRefused() {
        assertThatThrownBy(() -> new Template("My template", database -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("My template");
    }

    @Test
    void aQueryOfOneValueRefusesOtherNumbersOfRows() {
        assertThatThrownBy(() -> server.admin().queryForString("SELECT 1 WHERE false"))
                .hasMessageContaining("Expected one row, got 0");
        assertThatThrownBy(() -> server.admin().queryForString("VALUES (1), (2)"))
                .hasMessageContaining("Expected one row, got 2");
        assertThat(server.admin().queryForString("SELECT NULL")).isNull();
    }

    @Test
    void aFailedStatementNamesTheSqlStateAndTheStatement() {
        assertThatThrownBy(() -> server.admin().execute("SELEC 1"))
                .hasMessageContaining("42601")
                .hasMessageContaining("SELEC 1");
    }
}
