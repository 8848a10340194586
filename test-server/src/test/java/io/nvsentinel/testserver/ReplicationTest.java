// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ReplicationTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aReplicaStreamsIsPromotedAndTheFormerPrimaryFollowsIt() {
        try (EmbeddedServer primary = withTable();
                EmbeddedServer replica = primary.startReplica("b")) {
            primary.admin().execute("INSERT INTO streamed VALUES (1)");
            awaitRows(replica, "1");

            primary.stop();
            replica.promote();
            primary.follow(replica, "a");
            replica.admin().execute("INSERT INTO streamed VALUES (2)");

            awaitRows(primary, "2");
            assertThat(primary.admin().queryForString("SELECT pg_is_in_recovery()"))
                    .isEqualTo("t");
        }
    }

    @Test
    void aFrozenServerKeepsItsConnectionsAndAnswersWhenItIsThawed() throws SQLException {
        try (EmbeddedServer server = PostgresServer.embedded().start();
                Connection session = server.admin().connect()) {
            server.freeze();

            assertThatThrownBy(() -> connectWithin(server, "1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("connection attempt failed");
            assertThat(server.isRunning()).isTrue();

            server.thaw();
            assertThat(session.isValid(10)).isTrue();
        }
    }

    @Test
    void aFrozenServerCanBeClosed() {
        EmbeddedServer server = PostgresServer.embedded().start();
        server.freeze();

        server.close();

        assertThat(server.dataDirectory()).doesNotExist();
    }

    private static EmbeddedServer withTable() {
        EmbeddedServer server = PostgresServer.embedded().start();
        server.admin().execute("CREATE TABLE streamed (id int)");
        return server;
    }

    private static void connectWithin(EmbeddedServer server, String seconds) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", server.adminUser());
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        DriverManager.getConnection(server.admin().jdbcUrl(), properties).close();
    }

    private static void awaitRows(EmbeddedServer server, String rows) {
        Await.until(
                "the rows", SOON, () -> server.admin().queryForString("SELECT count(*) FROM streamed"), rows::equals);
    }
}
