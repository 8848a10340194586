// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Measures one datastore with Micrometer. Thread-safe. It is given to {@link
 * Datastore#connect(io.nvsentinel.datastore.DatastoreOptions, DatastoreListener)} and bound to the application's
 * registry, in any order; what happens before it is bound is not counted. {@code docs/metrics.md} lists the meters.
 *
 * <pre>{@code
 * DatastoreMetrics metrics = new DatastoreMetrics();
 * metrics.bindTo(registry);
 * Datastore datastore = Datastore.connect(options, metrics).block();
 * Disposable sampling = metrics.keepSampling().subscribe();
 * }</pre>
 *
 * <p>Reading a meter sends no query and never blocks. What only the database knows is read by {@link #keepSampling()},
 * and its meters are absent until then.
 */
public final class DatastoreMetrics implements MeterBinder, DatastoreListener {

    private static final Duration SAMPLE_EVERY = Duration.ofMinutes(1);
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final boolean HAS_PROXY = isPresent("io.r2dbc.proxy.ProxyConnectionFactory");

    private final Tags tags;
    private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();
    private final OwnMeters own;
    private final SampledMeters sampled;
    private volatile @Nullable Datastore datastore;

    /** Measures; with only the tags of each meter. */
    public DatastoreMetrics() {
        this(Tags.empty());
    }

    /**
     * Creates the meters of one of several datastores.
     *
     * @param tags distinguish the datastores, on every meter
     */
    public DatastoreMetrics(Iterable<Tag> tags) {
        this.tags = Tags.of(tags);
        this.own = new OwnMeters(this.tags, () -> datastore);
        this.sampled = new SampledMeters(this.tags);
    }

    /**
     * Measures into a registry from now on; may be called for several.
     *
     * @param registry the application's
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        registries.add(registry);
        if (datastore != null) {
            own.register(registry);
        }
        sampled.bindTo(registry);
    }

    @Override
    public void onConnected(Datastore connected) {
        datastore = connected;
        registries.forEach(own::register);
    }

    @Override
    public void onOperation(Operation operation) {
        Tags all = tags.and(OperationTags.of(operation));
        registries.forEach(
                registry -> DatastoreMeter.OPERATIONS.timer(registry, all).record(operation.took()));
    }

    /** With {@code r2dbc-proxy} on the class path each statement is timed. */
    @Override
    public ConnectionFactory decorate(ConnectionFactory connections) {
        return HAS_PROXY ? QueryTimer.around(connections, tags, registries) : connections;
    }

    /**
     * Samples once a minute: as {@link #keepSampling(Duration)}.
     *
     * @return cold; never completes
     */
    public Mono<Void> keepSampling() {
        return keepSampling(SAMPLE_EVERY);
    }

    /**
     * Asks the database, again and again, for its health and for the sizes and the use of tables and indexes, and
     * counts the dead letters. The gauges show what was last read. One sampling uses one connection of the pool at a
     * time; it does not wait for table locks, and a failed sampling is counted and keeps the last values.
     *
     * @param every how long to wait after one sampling for the next, 1 s to 1 d; the first is made at once
     * @return cold; subscribe once; never completes and never fails; cancelling stops it
     * @throws InvalidRequestException if that is too short or too long
     */
    public Mono<Void> keepSampling(Duration every) {
        if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
            throw new InvalidRequestException("every must be 1 s to 1 d, not " + every);
        }
        return sample().then(Mono.delay(every)).repeat().then();
    }

    /**
     * Samples once; for tests, and for applications with their own schedule.
     *
     * @return cold; completes when the gauges show what was read; never fails
     */
    public Mono<Void> sample() {
        return Mono.defer(() -> {
            Datastore asked = datastore;
            return asked == null ? Mono.empty() : sampled.take(asked);
        });
    }

    private static boolean isPresent(String type) {
        try {
            Class.forName(type, false, DatastoreMetrics.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
