// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.tls.TlsStatus;
import io.nvsentinel.tls.TlsStatus.Role;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Meters that need no query: the pool and the certificates. */
final class OwnMeters {

    private final Tags tags;
    private final Supplier<@Nullable Datastore> datastore;

    OwnMeters(Tags tags, Supplier<@Nullable Datastore> datastore) {
        this.tags = tags;
        this.datastore = datastore;
    }

    /** Registers them, once a datastore is connected. */
    void register(MeterRegistry registry) {
        pool(registry, DatastoreMeter.POOL_ACQUIRED, PoolMetrics::acquired);
        pool(registry, DatastoreMeter.POOL_ALLOCATED, PoolMetrics::allocated);
        pool(registry, DatastoreMeter.POOL_IDLE, PoolMetrics::idle);
        pool(registry, DatastoreMeter.POOL_PENDING, PoolMetrics::pending);
        pool(registry, DatastoreMeter.POOL_MAX, PoolMetrics::max);
        Datastore connected = datastore.get();
        if (connected != null) {
            connected.tlsStatus().ifPresent(tls -> certificates(registry, tls));
        }
    }

    private void pool(MeterRegistry registry, DatastoreMeter meter, Function<PoolMetrics, Integer> figure) {
        meter.gauge(registry, tags, () -> {
            Datastore connected = datastore.get();
            return connected == null ? Double.NaN : figure.apply(connected.pool());
        });
    }

    private void certificates(MeterRegistry registry, TlsStatus tls) {
        for (Role role : Role.values()) {
            if (tls.daysLeft(role).isPresent()) {
                DatastoreMeter.CERTIFICATES_LEFT.gauge(
                        registry,
                        tags.and("role", role.name().toLowerCase(Locale.ROOT)),
                        () -> status(status -> status.daysLeft(role).orElse(0)));
            }
        }
        DatastoreMeter.CERTIFICATES_RELOADS.counter(
                registry, tags, this, own -> own.status(status -> Math.max(status.generation() - 1, 0)));
        DatastoreMeter.CERTIFICATES_FAILURES.counter(registry, tags, this, own -> own.status(TlsStatus::failures));
        DatastoreMeter.CERTIFICATES_STALE.gauge(
                registry, tags, () -> status(status -> status.lastFailure().isPresent() ? 1 : 0));
    }

    private double status(ToLongFunction<TlsStatus> figure) {
        Datastore connected = datastore.get();
        return connected == null
                ? Double.NaN
                : connected
                        .tlsStatus()
                        .map(figure::applyAsLong)
                        .map(Long::doubleValue)
                        .orElse(Double.NaN);
    }
}
