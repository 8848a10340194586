// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientLag;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.UndecodableChange;
import io.nvsentinel.datastore.DatastoreException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts and measures what change streams do. Thread-safe; one for a registry, given to
 * {@link io.nvsentinel.changestream.ChangeStreamOptions.Builder#listener}:
 *
 * <table>
 *   <caption>Meters, all beginning with {@code nvsentinel.changestream.}</caption>
 *   <tr><th>Meter</th><th>Kind</th><th>Tags</th><th>What</th></tr>
 *   <tr><td>{@code wakeups}</td><td>counter</td><td>{@code cause}</td><td>reads of the changelog's end, by why</td></tr>
 *   <tr><td>{@code pages}, {@code changes.read}, {@code bytes.read}</td><td>counter</td><td>{@code catchup}</td><td>what
 *       was read</td></tr>
 *   <tr><td>{@code gaps}</td><td>timer</td><td></td><td>gaps that have closed, and how long they were open</td></tr>
 *   <tr><td>{@code gaps.held}</td><td>counter</td><td></td><td>gaps older than a second</td></tr>
 *   <tr><td>{@code read.failures}, {@code reconnects}</td><td>counter</td><td></td><td>failed reads, and recoveries</td></tr>
 *   <tr><td>{@code listening}</td><td>gauge</td><td></td><td>1 if writers wake the reader, 0 if it only polls</td></tr>
 *   <tr><td>{@code listen.losses}</td><td>counter</td><td></td><td>times that LISTEN stopped working</td></tr>
 *   <tr><td>{@code tokens.stored}, {@code tokens.failed}, {@code fenced}</td><td>counter</td><td>{@code client}</td>
 *       <td>positions</td></tr>
 *   <tr><td>{@code undecodable}</td><td>counter</td><td>{@code collection}</td><td>documents that cannot be decoded</td></tr>
 *   <tr><td>{@code handler.failures}, {@code dead.letters}</td><td>counter</td><td>{@code client}</td><td>processors'
 *       failures</td></tr>
 *   <tr><td>{@code lag.changes}, {@code lag.seconds}</td><td>gauge</td><td>{@code client}</td><td>how far a client that
 *       runs here is behind; absent until known, and when it has ended; the seconds grow while nothing is heard of it</td></tr>
 *   <tr><td>{@code partitions}</td><td>gauge</td><td>{@code client}</td><td>partitions of a group that are handled
 *       here</td></tr>
 *   <tr><td>{@code partitions.lost}</td><td>counter</td><td>{@code client}</td><td>partitions that were lost, and not handed
 *       over</td></tr>
 * </table>
 */
public final class ChangeStreamMetrics implements ChangeStreamListener {

    private static final String PREFIX = "nvsentinel.changestream.";
    private static final Duration STALE = Duration.ofSeconds(15);

    private final MeterRegistry registry;
    private final AtomicLong listening;
    private final Map<String, Observed> lags = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> partitions = new ConcurrentHashMap<>();

    /**
     * Measures into a registry, and no other.
     *
     * @param registry the application's
     */
    public ChangeStreamMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.listening = new AtomicLong();
        Gauge.builder(PREFIX + "listening", listening, AtomicLong::doubleValue)
                .strongReference(true)
                .register(registry);
    }

    private record Observed(ClientLag lag, long atMillis) {}

    private void count(String name, String... tags) {
        count(name, 1, tags);
    }

    private void count(String name, double amount, String... tags) {
        registry.counter(PREFIX + name, tags).increment(amount);
    }

    @Override
    public void onWakeUp(WakeUp cause) {
        count("wakeups", "cause", cause.name());
    }

    @Override
    public void onPageRead(int rows, long bytes, boolean catchingUp) {
        String catchup = String.valueOf(catchingUp);
        count("pages", "catchup", catchup);
        count("changes.read", rows, "catchup", catchup);
        count("bytes.read", bytes, "catchup", catchup);
    }

    @Override
    public void onGapHeld(long position, List<String> holders) {
        count("gaps.held");
    }

    @Override
    public void onGapClosed(long position, Duration age) {
        Timer.builder(PREFIX + "gaps").register(registry).record(age);
    }

    @Override
    public void onReadFailed(DatastoreException error) {
        count("read.failures");
    }

    @Override
    public void onReadRecovered(long failures) {
        count("reconnects");
    }

    @Override
    public void onListening() {
        listening.set(1);
    }

    @Override
    public void onPollingOnly(Throwable cause) {
        if (listening.getAndSet(0) == 1) {
            count("listen.losses");
        }
    }

    @Override
    public void onTokenStored(String clientName, ResumeToken token) {
        count("tokens.stored", "client", clientName);
    }

    @Override
    public void onTokenNotStored(String clientName, DatastoreException error) {
        count("tokens.failed", "client", clientName);
    }

    @Override
    public void onFenced(String clientName) {
        count("fenced", "client", clientName);
    }

    @Override
    public void onUndecodable(UndecodableChange change) {
        count("undecodable", "collection", change.collection());
    }

    @Override
    public void onHandlerFailed(String clientName, ChangeEvent<?> change, int attempt, Throwable error) {
        count("handler.failures", "client", clientName);
    }

    @Override
    public void onDeadLetter(String clientName, ChangeEvent<?> change, int attempts, Throwable error) {
        count("dead.letters", "client", clientName);
    }

    @Override
    public void onListeningEnded() {
        listening.set(0);
    }

    @Override
    public void onLag(ClientLag lag) {
        String client = lag.clientName();
        if (lags.put(client, new Observed(lag, now())) == null) {
            Gauge.builder(PREFIX + "lag.changes", () -> observed(client).lag().changes())
                    .tag("client", client)
                    .register(registry);
            Gauge.builder(PREFIX + "lag.seconds", () -> seconds(observed(client)))
                    .tag("client", client)
                    .register(registry);
        }
    }

    /** Nothing is known of it from now on; if it runs here once more, that is soon told again. */
    @Override
    public void onClientEnded(String clientName) {
        if (lags.remove(clientName) != null) {
            registry.find(PREFIX + "lag.changes")
                    .tag("client", clientName)
                    .meters()
                    .forEach(registry::remove);
            registry.find(PREFIX + "lag.seconds")
                    .tag("client", clientName)
                    .meters()
                    .forEach(registry::remove);
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
        count("partitions.lost", "client", clientName);
    }

    private AtomicLong partitions(String client) {
        return partitions.computeIfAbsent(client, name -> {
            AtomicLong owned = new AtomicLong();
            Gauge.builder(PREFIX + "partitions", owned, AtomicLong::doubleValue)
                    .tag("client", name)
                    .strongReference(true)
                    .register(registry);
            return owned;
        });
    }

    private Observed observed(String client) {
        return lags.getOrDefault(client, new Observed(new ClientLag(client, 0, Duration.ZERO), now()));
    }

    /** What is known ages: who is behind falls further behind, and of whom nothing is heard for long may be. */
    private double seconds(Observed observed) {
        Duration since = Duration.ofMillis(Math.max(now() - observed.atMillis(), 0));
        boolean fresh = since.compareTo(STALE) < 0;
        Duration lag = observed.lag().isCaughtUp() && fresh
                ? Duration.ZERO
                : observed.lag().age().plus(since);
        return lag.toMillis() / 1000.0;
    }

    private long now() {
        return registry.config().clock().wallTime();
    }
}
