// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Connecting fails with the name of the library, for every library whose classes differ from the ones at compile time.
 */
class MissingClassesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    static Stream<Arguments> missing() {
        return Stream.of(
                        Arguments.of("org.flywaydb.", "Flyway"),
                        Arguments.of("org.flywaydb.core.Flyway", "Flyway"),
                        Arguments.of("org.flywaydb.core.api.configuration.", "Flyway"),
                        Arguments.of("org.postgresql.", "the PostgreSQL JDBC driver"),
                        Arguments.of("io.r2dbc.pool.", "r2dbc-pool"),
                        Arguments.of("io.r2dbc.postgresql.PostgresqlConnectionFactory", "r2dbc-postgresql"),
                        Arguments.of("reactor.netty.", "Reactor Netty"),
                        Arguments.of("reactor.pool.", "Reactor Pool"),
                        Arguments.of("tools.jackson.", "Jackson 3"))
                .flatMap(library ->
                        modes(library.get()[1]).map(mode -> Arguments.of(library.get()[0], library.get()[1], mode)));
    }

    private static Stream<SchemaMode> modes(Object library) {
        return library.equals("Flyway") ? Stream.of(SchemaMode.values()) : Stream.of(SchemaMode.MIGRATE);
    }

    @ParameterizedTest
    @MethodSource("missing")
    void connectingEndsAndNamesTheLibrary(String hidden, String library, SchemaMode mode) throws Exception {
        boolean isUsed = mode != SchemaMode.NONE || !(hidden.startsWith("org.flywaydb"));
        Target.use(DATABASE.get(), mode);
        String end = new HidingClassLoader(hidden).call(Connect.class);
        if (isUsed) {
            assertThat(end).startsWith("ConfigurationException: The classes of " + library + " are incompatible: ");
            assertThat(end).contains("; found ").contains(", this release is tested with version ");
        } else {
            assertThat(end).isEqualTo("connected");
        }
    }

    @Test
    void withAllClassesItConnects() throws Exception {
        Target.use(DATABASE.get(), SchemaMode.NONE);
        assertThat(new HidingClassLoader().call(Connect.class)).isEqualTo("connected");
    }

    /** Passed in system properties, which the reloaded classes share with these. */
    static final class Target {

        private Target() {}

        static void use(TestDatabase database, SchemaMode mode) {
            System.setProperty("missing.host", database.host());
            System.setProperty("missing.port", String.valueOf(database.port()));
            System.setProperty("missing.database", database.name());
            System.setProperty("missing.user", database.user());
            if (database.password() != null) {
                System.setProperty("missing.password", database.password());
            }
            System.setProperty("missing.mode", mode.name());
        }
    }

    public static final class Connect implements Callable<String> {
        public Connect() {}

        @Override
        public String call() throws Exception {
            DatastoreOptions.Builder builder = DatastoreOptions.builder();
            if (System.getProperty("missing.password") != null) {
                builder.password(System.getProperty("missing.password"));
            }
            DatastoreOptions options = builder.host(System.getProperty("missing.host"))
                    .port(Integer.getInteger("missing.port"))
                    .database(System.getProperty("missing.database"))
                    .username(System.getProperty("missing.user"))
                    .sslMode(SslMode.DISABLE)
                    .schemaMode(SchemaMode.valueOf(System.getProperty("missing.mode")))
                    .build();
            try {
                Datastore.connect(options)
                        .toFuture()
                        .get(SOON.toSeconds(), TimeUnit.SECONDS)
                        .close()
                        .block(SOON);
                return "connected";
            } catch (java.util.concurrent.ExecutionException e) {
                return e.getCause().getClass().getSimpleName() + ": "
                        + e.getCause().getMessage();
            }
        }
    }
}
