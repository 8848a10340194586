// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Test classes, good and bad, that {@link PostgresDatabaseTest} runs to see what the extension says of them. */
final class Planted {

    static final Set<String> DATABASES = new TreeSet<>();
    private static final List<Connection> CONNECTIONS = new ArrayList<>();

    private Planted() {}

    private static void keepOpen(PostgresDatabase database) throws SQLException {
        CONNECTIONS.add(database.connect());
    }

    static void closeAll() throws SQLException {
        for (Connection connection : CONNECTIONS) {
            connection.close();
        }
        CONNECTIONS.clear();
    }

    private static void note(PostgresDatabase database) {
        DATABASES.add(database.get().name());
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Leaking {
        @RegisterExtension
        static final PostgresDatabase DATABASE = PostgresDatabase.empty().grace(Duration.ofMillis(200));

        @AfterAll
        static void close() throws SQLException {
            closeAll();
        }

        @Test
        void aLeaks() throws SQLException {
            note(DATABASE);
            keepOpen(DATABASE);
        }

        @Test
        void bDoesNot() {
            note(DATABASE);
            assertThat(DATABASE.queryForString("SELECT 1")).isEqualTo("1");
        }
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Keeping {
        @RegisterExtension
        static final PostgresDatabase DATABASE =
                PostgresDatabase.empty().grace(Duration.ofMillis(200)).keepingSessions(2);

        @AfterAll
        static void close() throws SQLException {
            closeAll();
        }

        @Test
        void aOpensOne() throws SQLException {
            note(DATABASE);
            keepOpen(DATABASE);
        }

        @Test
        void bOpensAnother() throws SQLException {
            keepOpen(DATABASE);
        }
    }

    static class Forgetting {
        @RegisterExtension
        static final PostgresDatabase DATABASE =
                PostgresDatabase.empty().grace(Duration.ofMillis(200)).keepingSessions(1);

        @Test
        void opensOne() throws SQLException {
            note(DATABASE);
            keepOpen(DATABASE);
        }
    }

    static class Outer {
        @RegisterExtension
        static final PostgresDatabase DATABASE =
                PostgresDatabase.from(new Template("outer", t -> t.execute("CREATE TABLE t (id int)")));

        @BeforeAll
        static void open() throws SQLException {
            keepOpen(DATABASE);
        }

        @AfterAll
        static void close() throws SQLException {
            closeAll();
        }

        @AfterEach
        void noteName() {
            note(DATABASE);
            DATABASE.execute("INSERT INTO t VALUES (1)");
        }

        @Test
        void outer() {}

        @Nested
        class Inner {
            @Test
            void inner() {}

            @Nested
            class Innermost {
                @Test
                void innermost() {}
            }
        }
    }
}
