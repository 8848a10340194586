// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerChoiceTest {

    @Test
    void aUrlNamesAServerThatRunsAlready() {
        PostgresServer running = PostgresServer.shared();
        String secret = running.adminPassword() == null ? "" : ":" + running.adminPassword();
        PostgresServer external = SharedServer.start(
                "postgresql://" + running.adminUser() + secret + "@" + running.host() + ":" + running.port() + "/"
                        + running.adminDatabase(),
                null);
        TestDatabase database = external.createDatabase();
        TestDatabase clone = external.createDatabase(new Template("t", t -> t.execute("CREATE TABLE t ()")));
        String like = database.name().substring(0, database.name().lastIndexOf('_')) + "%";
        assertThat(databasesLike(running, like)).isEqualTo("3");
        assertThat(external.majorVersion()).isEqualTo(running.majorVersion());
        assertThat(external.isEmbedded()).isFalse();
        assertThat(clone.queryForString("SELECT count(*) FROM t")).isEqualTo("0");
        external.close();
        assertThat(databasesLike(running, like)).isEqualTo("0");
    }

    private static String databasesLike(PostgresServer server, String like) {
        return server.admin().queryForString("SELECT count(*) FROM pg_database WHERE datname LIKE ?", like);
    }

    @Test
    void allPartsOfAUrlAreRead() {
        Access access = Access.parse("X", "postgresql://a%40b:p%3Aw%2F%C3%A4@[::1]:6000/my%20db");
        assertThat(access).isEqualTo(new Access("::1", 6000, "my db", "a@b", "p:w/ä"));
        assertThat(access.jdbcUrl()).isEqualTo("jdbc:postgresql://[::1]:6000/my+db");
        assertThat(Access.parse("X", "postgres://u@h/d")).isEqualTo(new Access("h", 5432, "d", "u", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://u:s3cret@h/d",
                "postgresql://h/d",
                "postgresql://u:s3cret@h",
                "postgresql://u:s3cret@h/",
                "postgresql://u:s3cret@h/d?sslmode=require",
                "postgresql://u:s3cret%@h/d",
                "u:s3cret@h",
                "Docker"
            })
    void anotherUrlIsRefusedWithoutItsPassword(String url) {
        assertThatThrownBy(() -> SharedServer.start(url, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TEST_POSTGRES_URL")
                .hasMessageContaining("postgresql://user:password@host:port/database")
                .hasNoCause()
                .message()
                .doesNotContain("s3cret");
    }

    @Test
    void aDatabaseWhoseNameNeedsEscapingIsReached() {
        TestDatabase admin = PostgresServer.shared().admin();
        String name = "my db/ä+%" + ProcessHandle.current().pid();
        admin.execute("CREATE DATABASE \"" + name + "\"");
        try {
            TestDatabase database = PostgresServer.shared().database(name);
            assertThat(database.queryForString("SELECT current_database()")).isEqualTo(name);
        } finally {
            admin.execute("DROP DATABASE \"" + name + "\"");
        }
    }

    @Test
    void textFormsHideThePassword() {
        Access access = new Access("h", 1, "d", "u", "s3cret");
        PostgresServer server = new ExternalServer(access);
        assertThat(access.toString() + server + server.admin()).doesNotContain("s3cret");
    }
}
