// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.connection.OutageRetry;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Keeps one LISTEN connection, outside the pool, while a watch is open. Losing it increases the latency, but never
 * loses changes.
 */
public final class NotificationListener {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.listening");
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);

    private final Connections connections;
    private final WakeUpSignal wakeUpSignal;
    private final Scheduler timer;
    private final ListeningReports reports;
    private final OutageRetry retry;
    private final AtomicReference<@Nullable IdleLock> idleLock = new AtomicReference<>();
    private final Mono<Void> session;

    /**
     * Creates a listener that does not listen yet.
     *
     * @param connections provide the connection
     * @param wakeUpSignal is signalled by every notification
     * @param timer provides the time and delays
     * @param listener is notified whether it works
     */
    public NotificationListener(
            Connections connections, WakeUpSignal wakeUpSignal, Scheduler timer, ChangeStreamListener listener) {
        this.connections = connections;
        this.wakeUpSignal = wakeUpSignal;
        this.timer = timer;
        this.reports = new ListeningReports(listener);
        this.retry = new OutageRetry(FIRST_BACKOFF, LONGEST_BACKOFF, connections.recoveries(), timer);
        this.session = Mono.defer(() -> keepListening(reports.begin())).share();
    }

    /**
     * Listens while subscribed; never completes. All subscribers share one connection.
     *
     * @return the session
     */
    public Mono<Void> session() {
        return session;
    }

    /**
     * The idle lock of the current connection.
     *
     * @return null while there is none
     */
    public @Nullable IdleLock idleLock() {
        return idleLock.get();
    }

    /**
     * An idle lock did not answer: it is not used until the session has opened another connection.
     *
     * @param broken the idle lock
     */
    public void lost(IdleLock broken) {
        idleLock.compareAndSet(broken, null);
    }

    /** Changes were found for which there may have been no notification. */
    public void found() {
        IdleLock current = idleLock.get();
        if (current != null) {
            current.found();
        }
    }

    private Mono<Void> keepListening(ListeningReports.Run run) {
        return connections
                .dedicated("Listen for changes", connection -> listen(connection, run))
                // The connection's lifetime is over, or its certificates are: on with the next.
                .repeat()
                // An idle lock is emitted once LISTEN works, which resets the back-off.
                .retryWhen(Retry.from(failures -> retry.when(error -> true)
                        .generateCompanion(failures.doOnNext(
                                signal -> degraded(run, signal.totalRetriesInARow(), signal.failure())))))
                .ignoreElements()
                .then()
                .doFinally(signal -> reports.end(run));
    }

    /**
     * Subscribes to notifications, then runs LISTEN, then lets all watches poll: changes in between are found by
     * polling.
     */
    private Flux<IdleLock> listen(PostgresqlConnection connection, ListeningReports.Run run) {
        return Flux.usingWhen(
                Mono.fromSupplier(() -> new IdleLock(connection, ANSWER_WITHIN, timer)),
                opened -> listen(connection, run, opened),
                IdleLock::leave);
    }

    private Flux<IdleLock> listen(PostgresqlConnection connection, ListeningReports.Run run, IdleLock opened) {
        Mono<IdleLock> notified = connection
                .getNotifications()
                .onBackpressureLatest()
                .filter(notification -> !opened.isOwn(notification))
                .doOnNext(notification -> wakeUpSignal.ring())
                .then(Mono.error(() -> new UnavailableException("The LISTEN connection was closed", null, null)));
        Mono<IdleLock> listening = Flux.from(
                        connection.createStatement("LISTEN " + IdleLock.CHANNEL).execute())
                .concatMap(result -> result.getRowsUpdated())
                .then(Mono.fromSupplier(() -> opened(run, opened)));
        Flux<IdleLock> beating = Mono.delay(HEARTBEAT, timer)
                // Its failure is reported below, which is sufficient.
                .then(opened.heartbeat().onErrorComplete())
                .cast(IdleLock.class)
                .repeat();
        Flux<IdleLock> telling = opened.telling().cast(IdleLock.class);
        return Flux.merge(notified, listening.concatWith(beating), telling, opened.whenLost())
                .doFinally(signal -> closed(opened));
    }

    private IdleLock opened(ListeningReports.Run run, IdleLock opened) {
        LOG.info("Listening for notifications: writers wake idle change streams");
        idleLock.set(opened);
        wakeUpSignal.ring();
        reports.listening(run);
        return opened;
    }

    private void closed(IdleLock closed) {
        idleLock.compareAndSet(closed, null);
        wakeUpSignal.ring();
    }

    private void degraded(ListeningReports.Run run, long attempts, Throwable failure) {
        reports.pollingOnly(run, failure);
        if (attempts == 0) {
            LOG.warn(
                    "Listening for notifications failed; changes are found by polling until it is restored: {}",
                    Printable.line(String.valueOf(failure.getMessage())));
        }
    }
}
