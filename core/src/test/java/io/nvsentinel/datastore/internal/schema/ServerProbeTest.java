// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The probe accepts PostgreSQL, leaves nothing behind, and names what another server does not keep. */
class ServerProbeTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    @BeforeAll
    static void createTheTable() throws IOException {
        try (InputStream file =
                ServerProbe.class.getResourceAsStream("/io/nvsentinel/datastore/schema/V243__datastore_probe.sql")) {
            DATABASE.execute(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void postgresqlPassesAndNothingRemains() {
        assertThatCode(() -> probe(UnaryOperator.identity()).run()).doesNotThrowAnyException();

        assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_probe"))
                .isEqualTo("0");
    }

    /** Each changes what one statement does, as a server would that does not keep the assumption. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "INSERT .* | SELECT nextval('public.datastore_probe_id_seq') FROM"
                        + " (SELECT pg_advisory_xact_lock_shared(7813858212840129892)) AS barrier | visible before it draws an id",
                "INSERT .* | SELECT nextval('public.datastore_probe_id_seq') | a shared advisory lock waits for an exclusive one",
                "SELECT count | SELECT 1 + count | visible until its row is",
                "RETURNING id | RETURNING -id | rise in the order in which sessions draw them",
                "lock_shared\\( | lock_shared(1 + | makes a shared one fail",
            })
    void namesTheAssumptionThatDoesNotHold(String statement, String other, String assumption) {
        assertThatThrownBy(() -> probe(sql -> sql.replaceAll(statement, other)).run())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(assumption)
                .hasMessageContaining("Changes would be lost without an error");
        DATABASE.execute("TRUNCATE datastore_probe");
    }

    @Test
    void withoutThePrivilegeTheServersErrorSaysSo() {
        String user = "probing_" + DATABASE.get().name();
        DATABASE.execute("CREATE ROLE " + user + " LOGIN PASSWORD 'p'; GRANT SELECT ON datastore_probe TO " + user);
        try {
            DataSource source = source(DATABASE.get().as(user, "p"));
            assertThatThrownBy(() -> new ServerProbe(source, "public").run())
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
        } finally {
            DATABASE.execute("DROP OWNED BY " + user + "; DROP ROLE " + user);
        }
    }

    /** Any user of the database can hold the lock; that must not keep this one from starting. */
    @Test
    void aSessionThatHoldsTheBarrierPreventsTheProbeAndNothingElse() throws SQLException {
        ServerProbe probe = probe(UnaryOperator.identity());
        try (Connection holder = DATABASE.connect();
                Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(7813858212840129892)");
            probe.ensure(false);
            assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_probe"))
                    .as("the server is not remembered")
                    .isEqualTo("0");
        }
        probe.ensure(false);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_probe"))
                .isEqualTo("1");
        DATABASE.execute("TRUNCATE datastore_probe");
    }

    private static ServerProbe probe(UnaryOperator<String> server) {
        DataSource source = source(DATABASE.get());
        return new ServerProbe(changed(DataSource.class, source, server), "public");
    }

    private static DataSource source(TestDatabase database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {database.host()});
        source.setPortNumbers(new int[] {database.port()});
        source.setDatabaseName(database.name());
        source.setUser(database.user());
        source.setPassword(database.password());
        return source;
    }

    /** The same object, whose statements are changed on their way. */
    @SuppressWarnings("unchecked")
    private static <T> T changed(Class<T> type, T target, UnaryOperator<String> server) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (arguments != null && arguments[0] instanceof String sql) {
                        arguments[0] = server.apply(sql);
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        for (Class<?> each :
                                new Class<?>[] {Connection.class, PreparedStatement.class, Statement.class}) {
                            if (method.getReturnType() == each) {
                                return changed((Class<Object>) each, result, server);
                            }
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
