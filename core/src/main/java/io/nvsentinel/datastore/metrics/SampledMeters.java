// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.figures.Figures;
import io.nvsentinel.datastore.internal.figures.Figures.DeadLetters;
import io.nvsentinel.datastore.internal.figures.Figures.Index;
import io.nvsentinel.datastore.internal.figures.Figures.Table;
import io.nvsentinel.datastore.internal.figures.FiguresReader;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** What only the database knows, as it was when it was last asked. */
final class SampledMeters {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.metrics");
    private static final double NANOS_A_SECOND = 1_000_000_000;
    private static final double MILLIS_A_SECOND = 1_000;

    private final Tags tags;
    private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();
    private final Map<Key, Double> figures = new ConcurrentHashMap<>();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile @Nullable Health health;
    private volatile long sampledAt;

    SampledMeters(Tags tags) {
        this.tags = tags;
    }

    private record Key(DatastoreMeter meter, Tags tags) {}

    void bindTo(MeterRegistry registry) {
        registries.add(registry);
        figures.keySet().forEach(key -> register(key, registry));
        if (health != null) {
            registerHealth(registry);
        }
    }

    /** Asks; what fails is counted. */
    Mono<Void> take(Datastore datastore) {
        Mono<Figures> read = datastore instanceof DefaultDatastore ours
                ? new FiguresReader(ours.connections()).read()
                : Mono.empty();
        return datastore
                .health()
                .doOnNext(this::show)
                .filter(seen -> seen.state() != State.DOWN)
                .flatMap(seen -> read.doOnNext(this::show))
                .doOnError(this::failed)
                .onErrorComplete()
                .then();
    }

    private void failed(Throwable error) {
        failures.incrementAndGet();
        if (!failing.getAndSet(true)) {
            LOG.warn(
                    "Table statistics could not be read; the meters keep their last values: {}",
                    Printable.line(String.valueOf(error.getMessage())));
        }
    }

    private void show(Health seen) {
        boolean first = health == null;
        health = seen;
        if (seen.state() == State.DOWN) {
            failures.incrementAndGet();
        }
        if (first) {
            registries.forEach(this::registerHealth);
        }
    }

    private void registerHealth(MeterRegistry registry) {
        DatastoreMeter.UP.gauge(registry, tags, () -> of(seen -> seen.state() == State.DOWN ? 0 : 1));
        DatastoreMeter.DEGRADED.gauge(registry, tags, () -> of(seen -> seen.state() == State.DEGRADED ? 1 : 0));
        DatastoreMeter.ROUND_TRIP.gauge(registry, tags, () -> of(SampledMeters::roundTrip));
        DatastoreMeter.SAMPLE_FAILURES.counter(registry, tags, failures, AtomicLong::doubleValue);
    }

    private double of(ToDoubleFunction<Health> figure) {
        Health seen = health;
        return seen == null ? Double.NaN : figure.applyAsDouble(seen);
    }

    private static double roundTrip(Health seen) {
        return seen.details().get("roundTripMillis") instanceof Double millis ? millis / MILLIS_A_SECOND : Double.NaN;
    }

    private void show(Figures read) {
        sampledAt = System.nanoTime();
        failing.set(false);
        put(new Key(DatastoreMeter.SAMPLE_AGE, Tags.empty()), 0);
        read.tables().forEach(this::show);
        read.indexes().forEach(this::show);
        // A client whose last dead letter was removed has none; its meter remains.
        figures.replaceAll((key, figure) -> key.meter() == DatastoreMeter.DEAD_LETTERS ? Double.valueOf(0) : figure);
        read.deadLetters().forEach(this::show);
    }

    private void show(Table table) {
        Tags named = Tags.of("table", table.name());
        put(new Key(DatastoreMeter.TABLE_ROWS, named), table.rows());
        put(new Key(DatastoreMeter.TABLE_DEAD_ROWS, named), table.deadRows());
        put(new Key(DatastoreMeter.TABLE_SIZE, named), table.bytes());
    }

    private void show(Index index) {
        Tags named = Tags.of("table", index.table(), "index", index.name());
        put(new Key(DatastoreMeter.INDEX_SCANS, named), index.scans());
        put(new Key(DatastoreMeter.INDEX_SIZE, named), index.bytes());
    }

    private void show(DeadLetters letters) {
        put(new Key(DatastoreMeter.DEAD_LETTERS, Tags.of("client", letters.client())), letters.count());
    }

    private void put(Key key, double figure) {
        if (figures.put(key, figure) == null) {
            registries.forEach(registry -> register(key, registry));
        }
    }

    private void register(Key key, MeterRegistry registry) {
        Tags all = tags.and(key.tags());
        switch (key.meter()) {
            case INDEX_SCANS -> key.meter().counter(registry, all, key, this::figure);
            case SAMPLE_AGE -> key.meter().gauge(registry, all, () -> (System.nanoTime() - sampledAt) / NANOS_A_SECOND);
            default -> key.meter().gauge(registry, all, () -> figure(key));
        }
    }

    private double figure(Key key) {
        return figures.getOrDefault(key, Double.NaN);
    }
}
