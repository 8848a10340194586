// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.SmallDisk;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

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
                            new PoolMetrics(0, 1, 1, 0, datastore.options().maxConnections()))
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
    void isDegradedWhileTheDiskIsFull() {
        Optional<SmallDisk> mounted = SmallDisk.mount(160);
        assumeThat(mounted).as("this process may mount a file system").isPresent();
        try (SmallDisk disk = mounted.get();
                EmbeddedServer server =
                        PostgresServer.embedded().dataIn(disk.directory()).start()) {
            Datastore datastore = Databases.connect(server.createDatabase(Databases.MIGRATED));
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
            disk.fill();

            Health full = datastore.health().block(SOON);
            disk.free();

            assertThat(full.state()).isEqualTo(State.DEGRADED);
            assertThat(full.reasons()).containsExactly("The server's disk is full: it accepts no writes");
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
            datastore.close().block(SOON);
        }
    }

    @Test
    void isDegradedWhenTheLastWriteFailedAndUpAfterOneSucceeds() {
        DATABASE.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
                + " 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;"
                + " CREATE TRIGGER refuse BEFORE INSERT ON health_events FOR EACH ROW EXECUTE FUNCTION refuse()");
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
            StepVerifier.create(datastore.healthEvents().insert(event())).verifyError(UnavailableException.class);

            Health health = datastore.health().block(SOON);

            assertThat(health.state()).isEqualTo(State.DEGRADED);
            assertThat(health.reasons())
                    .singleElement()
                    .asString()
                    .startsWith("Writes fail: ")
                    .contains("53100");
            DATABASE.execute("DROP TRIGGER refuse ON health_events");
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.DEGRADED);
            datastore.healthEvents().insert(event()).block(SOON);
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
        } finally {
            datastore.close().block(SOON);
            DATABASE.execute("DROP FUNCTION refuse() CASCADE");
        }
    }

    @Test
    void isUpAfterAWriteThatItsContentMadeFail() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            UUID id = UUID.randomUUID();
            StepVerifier.create(datastore.healthEvents().updateById(id, Update.set("a", 1)))
                    .verifyError(NotFoundException.class);
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static HealthEventDocument event() {
        return HealthEventDocument.of(
                Instant.parse("2026-01-01T00:00:00Z"),
                HealthEvent.builder().nodeName("node").build());
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
    void isDownWhenTheServerFallsSilentUnderAllConnections() {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
                LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                    .host(proxy.host())
                    .port(proxy.port())
                    .maxConnections(1));
            Disposable waiting = datastore
                    .healthEvents()
                    .count(Filter.all())
                    .onErrorComplete()
                    .subscribe();
            lock.awaitWaiter();
            proxy.blackHole();

            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.DOWN);

            proxy.cut();
            waiting.dispose();
            datastore.close().block(SOON);
        }
    }

    @Test
    void isDegradedWhenAllConnectionsAreInUse() {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        try (LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Disposable waiting = datastore.healthEvents().count(Filter.all()).subscribe();
            lock.awaitWaiter();
            Health health = datastore.health().block(SOON);
            assertThat(health.state()).isEqualTo(State.DEGRADED);
            assertThat(health.reasons()).contains("No answer within 5000 ms");
            waiting.dispose();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aTimeThatNoTimerHoldsIsRefused() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            for (Duration within : List.of(
                    Duration.ofSeconds(Long.MAX_VALUE), Duration.ofDays(2), Duration.ZERO, Duration.ofSeconds(-1))) {
                assertThatExceptionOfType(InvalidRequestException.class)
                        .isThrownBy(() -> datastore.health(within))
                        .withMessageContaining("1 ms to 1 d");
            }
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
