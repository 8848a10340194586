// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.PoolFigures;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Lends the connections that the work of all shares. */
final class Pool {

    /** How long closing waits for what is lent; {@code Datastore.close()} says so. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final ConnectionPool pool;
    private final IdleLimit idle;
    private final DatastoreOptions options;
    private final Patience patience;
    private final Scheduler timer;

    Pool(ConnectionFactory connections, IdleLimit idle, DatastoreOptions options, Scheduler timer) {
        this.idle = idle;
        this.options = options;
        this.timer = timer;
        this.patience = Patience.beyond(options.statementTimeout(), timer);
        this.pool = new ConnectionPool(idle.pool(connections, new Permits(options.maxConnections()))
                // Retries are ours: the pool's are for any error, and its bound is for each of them.
                .acquireRetry(0)
                .preRelease(Lease::requireOpen)
                .build());
    }

    /**
     * Lends a connection for the time of the work.
     *
     * @return cold; fails with what {@link SqlErrors#connecting} makes of it if there is no connection in time, all
     *     attempts together; emits when the connection is back; on cancel the work is stopped, also at the server, unless
     *     it may be committing
     */
    <T> Mono<T> lend(String action, Function<Lease, Mono<T>> work) {
        return Mono.defer(() -> {
            AtomicBoolean decided = new AtomicBoolean();
            Mono<T> used = Mono.usingWhen(
                    acquire(action),
                    lease -> decided.compareAndSet(false, true) ? work.apply(lease) : Mono.never(),
                    Lease::giveBack,
                    Pool::afterError,
                    Lease::giveBackIdle);
            return used.timeout(expiry(decided), noneInTime(action));
        });
    }

    /**
     * One that does not answer may be dead without knowing, and would keep the next user waiting as well; one whose session
     * the server ended is dead, though its socket may not be closed yet.
     */
    private static Mono<Void> afterError(Lease lease, Throwable error) {
        return error.getCause() instanceof TimeoutException || SqlErrors.isSessionLost(error)
                ? lease.giveUp()
                : lease.giveBackIdle();
    }

    private Mono<Lease> acquire(String action) {
        return acquire(options.maxConnections())
                .onErrorMap(error -> SqlErrors.connecting(error, action, options.addresses()))
                .map(connection -> new Lease(new QualifiedConnection(connection, options.schema()), patience, timer));
    }

    /** After a server restart every idle connection is dead; each attempt burns one of them. */
    private Mono<Connection> acquire(int moreAttempts) {
        return Mono.from(pool.create().transform(Handover.once()))
                .onErrorResume(error -> moreAttempts > 0 && wasDead(error), error -> acquire(moreAttempts - 1));
    }

    /** The pool's own error, which has no state; those of new connections have one. */
    private static boolean wasDead(Throwable error) {
        return error instanceof R2dbcNonTransientResourceException dead && dead.getSqlState() == null;
    }

    /** Emits unless a connection came first; then it never does. Whoever decides first wins. */
    private Mono<Long> expiry(AtomicBoolean decided) {
        return Mono.delay(options.acquireTimeout(), timer)
                .filter(late -> decided.compareAndSet(false, true))
                .switchIfEmpty(Mono.never());
    }

    private <T> Mono<T> noneInTime(String action) {
        return Mono.error(
                () -> SqlErrors.connecting(new TimeoutException("none free or made"), action, options.addresses()));
    }

    PoolFigures figures() {
        PoolMetrics metrics =
                pool.getMetrics().orElseThrow(() -> new IllegalStateException("bug: a pool without metrics"));
        return new PoolFigures(
                metrics.acquiredSize(),
                metrics.allocatedSize(),
                metrics.idleSize(),
                metrics.pendingAcquireSize(),
                metrics.getMaxAllocatedSize());
    }

    Mono<Void> close() {
        // A connection that breaks while it is closed is closed. The pool drops one that it has just taken out for
        // somebody whom it then refuses.
        return Lease.quietly(pool.disposeLater(), timer).then(idle.closeRest(GRACE));
    }
}
