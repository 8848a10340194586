// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.LockedTable;
import io.nvsentinel.datastore.MeasuredDatabases;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

class DatastoreMetricsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(MeasuredDatabases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final DatastoreMetrics metrics = new DatastoreMetrics(Tags.of("store", "a"));
    private Datastore datastore;

    @BeforeEach
    void connect() {
        metrics.bindTo(registry);
        datastore = Datastore.connect(
                        MeasuredDatabases.options(DATABASE.get())
                                .maxConnections(3)
                                .build(),
                        metrics)
                .block(SOON);
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    private double value(String name, String... tags) {
        Meter meter = registry.get("nvsentinel.datastore." + name)
                .tag("store", "a")
                .tags(tags)
                .meter();
        return meter.measure().iterator().next().getValue();
    }

    @Test
    void showsThePool() {
        assertThat(value("pool.max")).isEqualTo(3);
        assertThat(value("pool.acquired")).isZero();
        assertThat(value("pool.idle")).isEqualTo(1);
        try (LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Disposable waiting = datastore.healthEvents().count(Filter.all()).subscribe();
            lock.awaitWaiter();
            assertThat(value("pool.acquired")).isEqualTo(1);
            assertThat(value("pool.allocated")).isEqualTo(1);
            assertThat(value("pool.pending")).isZero();
            waiting.dispose();
        }
    }

    @Test
    void countsOperationsByKindAndOutcome() {
        datastore.healthEvents().insert(EVENT).block(SOON);
        datastore.healthEvents().insert(EVENT).block(SOON);
        assertThatThrownBy(() -> datastore
                        .healthEvents()
                        .deleteById(UUID.randomUUID(), 1)
                        .block(SOON))
                .isInstanceOf(NotFoundException.class);

        assertThat(value("operations", "kind", "write", "operation", "Insert into health_events", "outcome", "ok"))
                .isEqualTo(2);
        assertThat(registry.get("nvsentinel.datastore.operations")
                        .tag("outcome", "ok")
                        .tag("operation", "Insert into health_events")
                        .timer()
                        .max(TimeUnit.NANOSECONDS))
                .isPositive();
    }

    @Test
    void timesStatementsAndStillStopsThemAtTheServer() {
        datastore.healthEvents().insert(EVENT).block(SOON);
        assertThat(registry.get("nvsentinel.datastore.queries")
                        .tag("outcome", "ok")
                        .timers())
                .isNotEmpty();
        try (LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Disposable waiting = datastore.healthEvents().count(Filter.all()).subscribe();
            lock.awaitWaiter();
            waiting.dispose();
            // The table is still locked, so only a cancel at the server ends the statement.
            Await.until("the connection is back", SOON, () -> value("pool.acquired") == 0);
        }
    }

    @Test
    void samplesWhatTheDatabaseKnows() {
        assertThat(registry.find("nvsentinel.datastore.up").meter()).isNull();
        datastore.healthEvents().insert(EVENT).block(SOON);
        DATABASE.execute("INSERT INTO dead_letters (client_name, incarnation, position, xid, changed_at, table_name,"
                + " operation, error_class, attempts) VALUES ('drainer', gen_random_uuid(), 1, 1, now(),"
                + " 'health_events', 'INSERT', 'x', 1)");

        metrics.sample().block(SOON);

        assertThat(value("up")).isEqualTo(1);
        assertThat(value("degraded")).isZero();
        assertThat(value("roundtrip")).isPositive();
        assertThat(value("table.size", "table", "health_events")).isPositive();
        assertThat(value("table.size", "table", "datastore_changelog")).isPositive();
        assertThat(value("table.rows", "table", "maintenance_events")).isZero();
        assertThat(value("index.size", "table", "health_events", "index", "health_events_pkey"))
                .isPositive();
        assertThat(value("dead.letters", "client", "drainer")).isEqualTo(1);
        assertThat(value("sample.failures")).isZero();
        assertThat(value("sample.age")).isBetween(0.0, 60.0);

        DATABASE.execute("DELETE FROM dead_letters");
        metrics.sample().block(SOON);
        assertThat(value("dead.letters", "client", "drainer")).isZero();
    }

    @Test
    void countsTheScansOfAnIndex() {
        UUID id = datastore.healthEvents().insert(EVENT).block(SOON);
        DATABASE.execute("SET enable_seqscan = off; SELECT FROM health_events WHERE id = '" + id + "'");
        Await.until("the scan is counted", SOON, () -> {
            metrics.sample().block(SOON);
            return value("index.scans", "table", "health_events", "index", "health_events_pkey") > 0;
        });
    }

    @Test
    void waitsForNobodysLockWhileItSamples() {
        try (LockedTable lock = LockedTable.of(DATABASE, "maintenance_events")) {
            metrics.sample().block(SOON);
            assertThat(lock.isHeld()).isTrue();
        }
        assertThat(value("table.size", "table", "health_events")).isPositive();
        assertThat(registry.find("nvsentinel.datastore.table.size")
                        .tag("table", "maintenance_events")
                        .meter())
                .isNull();
    }

    @Test
    void keepsTheFiguresAndCountsWhenSamplingFails() {
        metrics.sample().block(SOON);
        double size = value("table.size", "table", "health_events");
        DATABASE.execute("ALTER TABLE dead_letters RENAME TO elsewhere");
        try {
            metrics.sample().block(SOON);
        } finally {
            DATABASE.execute("ALTER TABLE elsewhere RENAME TO dead_letters");
        }
        assertThat(value("sample.failures")).isEqualTo(1);
        assertThat(value("up")).isEqualTo(1);
        assertThat(value("table.size", "table", "health_events")).isEqualTo(size);

        datastore.close().block(SOON);
        metrics.sample().block(SOON);
        assertThat(value("up")).isZero();
        assertThat(value("sample.failures")).isEqualTo(2);
    }

    @Test
    void keepsSamplingUntilItIsCancelled() {
        for (Duration every : List.of(Duration.ofMillis(999), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThatThrownBy(() -> metrics.keepSampling(every)).isInstanceOf(InvalidRequestException.class);
        }
        Disposable sampling = metrics.keepSampling(Duration.ofSeconds(1)).subscribe();
        Await.until(
                "a first sample",
                SOON,
                () -> registry.find("nvsentinel.datastore.sample.age").meter() != null);
        Await.until("an older sample", SOON, () -> value("sample.age") > 0.5);
        Await.until("a newer sample", SOON, () -> value("sample.age") < 0.5);
        sampling.dispose();
    }

    @Test
    void aRegistryThatComesLaterGetsEveryMeter() {
        metrics.sample().block(SOON);
        SimpleMeterRegistry late = new SimpleMeterRegistry();
        metrics.bindTo(late);
        assertThat(late.find("nvsentinel.datastore.pool.max").meter()).isNotNull();
        assertThat(late.find("nvsentinel.datastore.up").meter()).isNotNull();
        assertThat(late.find("nvsentinel.datastore.table.rows").meters()).isNotEmpty();
        assertThat(late.find("nvsentinel.datastore.certificates.left").meters()).isEmpty();
    }
}
