// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientLag;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.UndecodableChange;
import io.nvsentinel.datastore.error.DatastoreException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Meters of change streams. Thread-safe; create one instance per registry and pass it to
 * {@link io.nvsentinel.changestream.ChangeStreamOptions.Builder#listener}. {@code docs/metrics.md} lists the meters;
 * all names start with {@code nvsentinel.changestream.}
 *
 * <p>A client's lag is absent until it is known, and after the client has ended in this process; its seconds increase
 * while no new value arrives.
 */
public final class ChangeStreamMetrics implements ChangeStreamListener {

    private static final Duration STALE = Duration.ofSeconds(15);
    private static final long NEVER = Long.MIN_VALUE;

    private final MeterRegistry registry;
    private final AtomicLong listening;
    private final Map<String, Observed> lags = new ConcurrentHashMap<>();
    private volatile long gapSince = NEVER;
    private volatile long awakeAt = NEVER;
    private final Map<String, AtomicLong> partitions = new ConcurrentHashMap<>();

    /**
     * Measures into a registry, and no other.
     *
     * @param registry the application's
     */
    public ChangeStreamMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.listening = new AtomicLong();
        ChangeStreamMeter.LISTENING.gauge(registry, Tags.empty(), listening::doubleValue);
        ChangeStreamMeter.GAP_AGE.gauge(registry, Tags.empty(), this::gapAge);
    }

    private record Observed(ClientLag lag, long atMillis) {}

    private void count(ChangeStreamMeter meter, String... tags) {
        count(meter, 1, tags);
    }

    private void count(ChangeStreamMeter meter, double amount, String... tags) {
        meter.counter(registry, Tags.of(tags)).increment(amount);
    }

    @Override
    public void onWakeUp(WakeUp cause) {
        awakeAt = now();
        count(ChangeStreamMeter.WAKEUPS, "cause", cause.name());
    }

    @Override
    public void onPageRead(int rows, long bytes, boolean catchingUp) {
        String catchup = String.valueOf(catchingUp);
        count(ChangeStreamMeter.PAGES, "catchup", catchup);
        count(ChangeStreamMeter.CHANGES_READ, rows, "catchup", catchup);
        count(ChangeStreamMeter.BYTES_READ, bytes, "catchup", catchup);
    }

    @Override
    public void onGapOpened(long position) {
        gapSince = now();
    }

    @Override
    public void onGapHeld(long position, List<String> holders) {
        count(ChangeStreamMeter.GAPS_HELD);
    }

    @Override
    public void onGapClosed(long position, Duration age) {
        gapSince = NEVER;
        ChangeStreamMeter.GAPS.timer(registry).record(age);
    }

    @Override
    public void onReadFailed(DatastoreException error) {
        count(ChangeStreamMeter.READ_FAILURES);
    }

    @Override
    public void onReadRecovered(long failures) {
        count(ChangeStreamMeter.RECONNECTS);
    }

    @Override
    public void onListening() {
        listening.set(1);
    }

    @Override
    public void onPollingOnly(Throwable cause) {
        if (listening.getAndSet(0) == 1) {
            count(ChangeStreamMeter.LISTEN_LOSSES);
        }
    }

    @Override
    public void onTokenStored(String clientName, ResumeToken token) {
        count(ChangeStreamMeter.TOKENS_STORED, "client", clientName);
    }

    @Override
    public void onTokenNotStored(String clientName, DatastoreException error) {
        count(ChangeStreamMeter.TOKENS_FAILED, "client", clientName);
    }

    @Override
    public void onFenced(String clientName) {
        count(ChangeStreamMeter.FENCED, "client", clientName);
    }

    @Override
    public void onUndecodable(UndecodableChange change) {
        count(ChangeStreamMeter.UNDECODABLE, "collection", change.collection());
    }

    @Override
    public void onHandlerFailed(String clientName, ChangeEvent<?> change, int attempt, Throwable error) {
        count(ChangeStreamMeter.HANDLER_FAILURES, "client", clientName);
    }

    @Override
    public void onDeadLetter(String clientName, ChangeEvent<?> change, int attempts, Throwable error) {
        count(ChangeStreamMeter.DEAD_LETTERS, "client", clientName);
    }

    @Override
    public void onListeningEnded() {
        listening.set(0);
    }

    @Override
    public void onLag(ClientLag lag) {
        String client = lag.clientName();
        if (lags.put(client, new Observed(lag, now())) == null) {
            Tags named = Tags.of("client", client);
            ChangeStreamMeter.LAG_CHANGES.gauge(
                    registry, named, () -> observed(client).lag().changes());
            ChangeStreamMeter.LAG_SECONDS.gauge(registry, named, () -> seconds(observed(client)));
        }
    }

    /** Its values are unknown from now on; if it runs in this process again, new values arrive soon. */
    @Override
    public void onClientEnded(String clientName) {
        if (lags.remove(clientName) != null) {
            Tags named = Tags.of("client", clientName);
            ChangeStreamMeter.LAG_CHANGES.remove(registry, named);
            ChangeStreamMeter.LAG_SECONDS.remove(registry, named);
        }
    }

    @Override
    public void onPartitionTaken(String clientName, int partition) {
        partitions(clientName).incrementAndGet();
    }

    @Override
    public void onPartitionHandedOver(String clientName, int partition) {
        partitions(clientName).decrementAndGet();
    }

    @Override
    public void onPartitionLost(String clientName, int partition, ClientFencedException error) {
        partitions(clientName).decrementAndGet();
        count(ChangeStreamMeter.PARTITIONS_LOST, "client", clientName);
    }

    private AtomicLong partitions(String client) {
        return partitions.computeIfAbsent(client, name -> {
            AtomicLong owned = new AtomicLong();
            ChangeStreamMeter.PARTITIONS.gauge(registry, Tags.of("client", name), owned::get);
            return owned;
        });
    }

    private Observed observed(String client) {
        return lags.getOrDefault(client, new Observed(new ClientLag(client, 0, Duration.ZERO), now()));
    }

    /** A value ages: a client that is behind falls further behind, and a client without new values may be behind. */
    private double seconds(Observed observed) {
        Duration since = Duration.ofMillis(Math.max(now() - observed.atMillis(), 0));
        boolean fresh = since.compareTo(STALE) < 0;
        Duration lag = observed.lag().isCaughtUp() && fresh
                ? Duration.ZERO
                : observed.lag().age().plus(since);
        return lag.toMillis() / 1000.0;
    }

    /** An open gap is read repeatedly; when it is no longer read, no watch is open and no gap blocks delivery. */
    private double gapAge() {
        long since = gapSince;
        boolean looked = awakeAt != NEVER && now() - awakeAt < STALE.toMillis();
        return since == NEVER || !looked ? 0 : (now() - since) / 1000.0;
    }

    private long now() {
        return registry.config().clock().wallTime();
    }
}
