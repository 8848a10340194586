// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

class HealthTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SHORT = Duration.ofMillis(300);

    @Test
    void isUpWithDetails() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            Health health = datastore.health().block(SOON);
            assertThat(health.state()).isEqualTo(State.UP);
            assertThat(health.reasons()).isEmpty();
            assertThat(health.details())
                    .containsEntry("role", "primary")
                    .containsEntry(
                            "schemaVersion",
                            DATABASE.queryForString("SELECT max(version) FROM nvsentinel_schema_history"))
                    .containsEntry("serverVersion", DATABASE.queryForString("SHOW server_version"))
                    .containsEntry(
                            "pool",
                            new PoolFigures(0, 1, 1, 0, datastore.options().maxConnections()))
                    .doesNotContainKey("certificateDaysLeft");
            assertThat((Double) health.details().get("roundTripMillis")).isPositive();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void leavesOutTheVersionWhereThereIsNone() {
        DATABASE.execute("ALTER TABLE nvsentinel_schema_history RENAME TO elsewhere");
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            Health health = datastore.health().block(SOON);
            assertThat(health.state()).isEqualTo(State.UP);
            assertThat(health.details()).doesNotContainKey("schemaVersion");
        } finally {
            DATABASE.execute("ALTER TABLE elsewhere RENAME TO nvsentinel_schema_history");
            datastore.close().block(SOON);
        }
    }

    @Test
    void isDegradedWhereNothingCanBeWritten() {
        DATABASE.execute("ALTER DATABASE " + DATABASE.get().name() + " SET default_transaction_read_only = on");
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            Health health = datastore.health().block(SOON);
            assertThat(health.state()).isEqualTo(State.DEGRADED);
            assertThat(health.reasons()).containsExactly("The server accepts no writes");
        } finally {
            datastore.close().block(SOON);
            DATABASE.execute("BEGIN READ WRITE; ALTER DATABASE "
                    + DATABASE.get().name() + " RESET default_transaction_read_only; COMMIT");
        }
    }

    @Test
    void isDownWithinItsBoundWhenTheServerIsSilent() {
        TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
        Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                .host("localhost")
                .port(proxy.port())
                .maxConnections(2));
        try {
            proxy.blackHole();
            Health health = datastore.health(SHORT).block(SOON);
            assertThat(health.state()).isEqualTo(State.DOWN);
            assertThat(health.reasons()).containsExactly("No answer within 300 ms");
            proxy.refuse();
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.DOWN);
        } finally {
            datastore.close().block(SOON);
            proxy.close();
        }
    }

    @Test
    void isDegradedWhenAllConnectionsAreInUse() {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        try (LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Disposable waiting = datastore.healthEvents().count(Filter.all()).subscribe();
            lock.awaitWaiter();
            Health health = datastore.health(SHORT).block(SOON);
            assertThat(health.state()).isEqualTo(State.DEGRADED);
            assertThat(health.reasons()).contains("No answer within 300 ms");
            waiting.dispose();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void isDownAndDoesNotFailWhenClosed() {
        Datastore datastore = Databases.connect(DATABASE.get());
        datastore.close().block(SOON);
        Health health = datastore.health().block(SOON);
        assertThat(health.state()).isEqualTo(State.DOWN);
        assertThat(health.reasons()).hasSize(1);
    }
}
