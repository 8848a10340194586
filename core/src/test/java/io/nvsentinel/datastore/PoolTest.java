// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The number of connections, its metrics, and the connections that remain after closing. */
class PoolTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND application_name = 'nvsentinel-datastore'";

    @Test
    void closesIdleConnectionsBeyondTheMost() throws Exception {
        Datastore datastore = Databases.connect(options().maxConnections(8).maxIdleConnections(2));
        try {
            for (int round = 0; round < 3; round++) {
                busy(datastore, 8);
                Await.until("two idle ones", SOON, datastore::pool, new PoolMetrics(0, 2, 2, 0, 8)::equals);
                Await.until("two sessions", SOON, () -> sessions() == 2);
            }
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void keepsAllIdleConnectionsOtherwise() throws Exception {
        Datastore datastore = Databases.connect(options().maxConnections(8));
        try {
            for (int round = 0; round < 2; round++) {
                busy(datastore, 8);
                Await.until("eight idle ones", SOON, datastore::pool, new PoolMetrics(0, 8, 8, 0, 8)::equals);
                assertThat(sessions()).isEqualTo(8);
            }
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void replacesConnectionsThatAreTooOld() {
        Datastore datastore =
                Databases.connect(options().maxConnections(1).connectionMaxLifetime(Duration.ofSeconds(1)));
        try {
            String first = pid();
            Await.until("another session", SOON, () -> {
                datastore.ping().block(SOON);
                return !pid().equals(first);
            });
            // The second one grows old as well.
            Await.until("one connection", SOON, () -> {
                datastore.ping().block(SOON);
                return datastore.pool().allocated() == 1;
            });
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void countsWhoWaits() throws Exception {
        Datastore datastore = Databases.connect(options().maxConnections(2));
        try (Connection holder = lock()) {
            List<CompletableFuture<Long>> counts = counts(datastore, 5);
            Await.until("two at work and three waiting", SOON, datastore::pool, new PoolMetrics(2, 2, 0, 3, 2)::equals);
            holder.rollback();
            counts.forEach(CompletableFuture::join);
        } finally {
            datastore.close().block(SOON);
        }
    }

    /** Every wait has an end: here the one for a lock. */
    @Test
    void doesNotWaitForALockForEver() throws Exception {
        Datastore datastore = Databases.connect(options().lockTimeout(Duration.ofMillis(100)));
        try (Connection holder = lock()) {
            assertThatThrownBy(
                            () -> datastore.healthEvents().count(Filter.all()).block(SOON))
                    .isInstanceOfSatisfying(
                            UnavailableException.class,
                            error -> assertThat(error.sqlState()).isEqualTo("55P03"));
            holder.rollback();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void handsExtraParametersToTheServer() {
        Map<String, String> slow = Map.of("temp_buffers", "100", "work_mem", "64 kB");
        Datastore datastore = Databases.connect(options().extraParams(slow));
        datastore.close().block(SOON);
        assertThatThrownBy(() -> Databases.connect(options().extraParams(Map.of("temp_buffers", "many"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("temp_buffers");
    }

    /** C17. */
    @Test
    void pingSaysWhetherTheServerAnswers() {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = Databases.connect(options().host(proxy.host()).port(proxy.port()));
            datastore.ping().block(SOON);
            proxy.refuse();
            proxy.cut();
            assertThatThrownBy(() -> datastore.ping().block(SOON))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("Ping");
            proxy.heal();
            datastore.ping().block(SOON);
            datastore.close().block(SOON);
        }
    }

    /** C18. */
    @Test
    void closingClosesThePool() {
        Datastore datastore = Databases.connect(options());
        assertThat(datastore.provider()).isEqualTo("postgresql");
        assertThat(datastore.healthEvents()).isNotNull();
        assertThat(datastore.maintenanceEvents()).isNotNull();
        datastore.close().block(SOON);
        datastore.close().block(SOON);
        Await.until("no session", SOON, () -> sessions() == 0);
        assertThatThrownBy(() -> datastore.ping().block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Ping: the datastore is closed");
    }

    private static DatastoreOptions.Builder options() {
        return Databases.options(DATABASE.get());
    }

    /** Uses so many connections at the same time. */
    private static void busy(Datastore datastore, int connections) throws Exception {
        try (Connection holder = lock()) {
            List<CompletableFuture<Long>> counts = counts(datastore, connections);
            Await.until("all at work", SOON, () -> datastore.pool().acquired() == connections);
            Await.until("all waiting", SOON, () -> waiting() == connections);
            holder.rollback();
            counts.forEach(CompletableFuture::join);
        }
    }

    private static List<CompletableFuture<Long>> counts(Datastore datastore, int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> datastore.healthEvents().count(Filter.all()).toFuture())
                .toList();
    }

    private static Connection lock() throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    private static int waiting() {
        return Integer.parseInt(DATABASE.queryForString(SESSIONS + " AND wait_event_type = 'Lock'"));
    }

    private static int sessions() {
        return Integer.parseInt(DATABASE.queryForString(SESSIONS));
    }

    private static String pid() {
        return String.valueOf(DATABASE.queryForString(SESSIONS.replace("count(*)", "string_agg(pid::text, ',')")));
    }
}
