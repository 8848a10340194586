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
    UP("up", null, "1 if the database answered when it was last asked, 0 if it did not"),
    DEGRADED("degraded", null, "1 if the health is degraded, 0 if not"),
    ROUND_TRIP("roundtrip", "seconds", "how long the database took to answer when it was last asked"),
    POOL_ACQUIRED("pool.acquired", "connections", "connections in use"),
    POOL_ALLOCATED("pool.allocated", "connections", "open connections, in use or not"),
    POOL_IDLE("pool.idle", "connections", "open connections that nobody uses"),
    POOL_PENDING("pool.pending", "callers", "callers that wait for a connection"),
    POOL_MAX("pool.max", "connections", "the most connections there may be"),
    OPERATIONS("operations", null, "operations, from their subscription until their connection is back"),
    QUERIES("queries", null, "statements at the driver; only with r2dbc-proxy on the class path"),
    CERTIFICATES_LEFT("certificates.left", "days", "days until the first certificate in use expires"),
    CERTIFICATES_RELOADS("certificates.reloads", null, "times that new certificate files came into use"),
    CERTIFICATES_FAILURES("certificates.failures", null, "times that new certificate files could not be used"),
    CERTIFICATES_STALE("certificates.stale", null, "1 while the certificate files cannot be used, 0 else"),
    TABLE_ROWS("table.rows", "rows", "rows, as the server estimates"),
    TABLE_DEAD_ROWS("table.dead", "rows", "rows to be vacuumed, as the server estimates"),
    TABLE_SIZE("table.size", "bytes", "size on disk, with indexes"),
    INDEX_SCANS("index.scans", null, "times that the index was used since the server's statistics were reset"),
    INDEX_SIZE("index.size", "bytes", "size on disk"),
    DEAD_LETTERS("dead.letters", null, "changes that the client's processor gave up and nobody has dealt with"),
    SAMPLE_AGE("sample.age", "seconds", "age of the sampled figures"),
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
