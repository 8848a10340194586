// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Every meter of the datastore. {@code docs/metrics.md} lists them in these words, and a test holds both equal. */
enum DatastoreMeter {
    UP("up", null, "1 if the last health check got an answer from the database, 0 if not"),
    DEGRADED("degraded", null, "1 if the health is degraded, 0 if not"),
    ROUND_TRIP("roundtrip", "seconds", "response time of the last health check"),
    POOL_ACQUIRED("pool.acquired", "connections", "connections in use"),
    POOL_ALLOCATED("pool.allocated", "connections", "open connections, in use or not"),
    POOL_IDLE("pool.idle", "connections", "idle open connections"),
    POOL_PENDING("pool.pending", "callers", "callers that are waiting for a connection"),
    POOL_MAX("pool.max", "connections", "largest number of connections"),
    OPERATIONS("operations", null, "operations, from their subscription until their connection is released"),
    QUERIES("queries", null, "statements at the driver; only with r2dbc-proxy on the class path"),
    CERTIFICATES_LEFT("certificates.left", "days", "days until the first certificate in use expires"),
    CERTIFICATES_RELOADS("certificates.reloads", null, "successful reloads of certificate files"),
    CERTIFICATES_FAILURES("certificates.failures", null, "failed reloads of certificate files"),
    CERTIFICATES_STALE("certificates.stale", null, "1 while the certificate files are not usable, 0 otherwise"),
    TABLE_ROWS("table.rows", "rows", "rows, estimated by the server"),
    TABLE_DEAD_ROWS("table.dead", "rows", "dead rows to be vacuumed, estimated by the server"),
    TABLE_SIZE("table.size", "bytes", "size on disk, including indexes"),
    INDEX_SCANS("index.scans", null, "uses of the index since the server's statistics were reset"),
    INDEX_SIZE("index.size", "bytes", "size on disk"),
    DEAD_LETTERS("dead.letters", null, "dead letters of the client that were neither replayed nor deleted"),
    SAMPLE_AGE("sample.age", "seconds", "age of the sampled statistics"),
    SAMPLE_FAILURES("sample.failures", null, "samplings that failed");

    private static final String PREFIX = "nvsentinel.datastore.";

    private final String meterName;
    private final @Nullable String unit;
    private final String description;

    DatastoreMeter(String name, @Nullable String unit, String description) {
        this.meterName = PREFIX + name;
        this.unit = unit;
        this.description = description;
    }

    void gauge(MeterRegistry registry, Tags tags, Supplier<Number> value) {
        Gauge.builder(meterName, value)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    <T> void counter(MeterRegistry registry, Tags tags, T state, ToDoubleFunction<T> value) {
        FunctionCounter.builder(meterName, state, value)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    Timer timer(MeterRegistry registry, Tags tags) {
        return Timer.builder(meterName).description(description).tags(tags).register(registry);
    }
}
