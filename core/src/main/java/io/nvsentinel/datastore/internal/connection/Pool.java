// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** The shared pool of connections. */
final class Pool {

    /** How long closing waits for connections in use; documented in {@code Datastore.close()}. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final ConnectionPool pool;
    private final IdleLimit idle;
    private final Permits permits;
    private final AbandonedWrites abandoned;
    private final SessionFaults faults;
    private final DatastoreOptions options;
    private final Scheduler timer;

    Pool(ConnectionFactory connections, IdleLimit idle, DatastoreOptions options, Scheduler timer) {
        this.idle = idle;
        this.options = options;
        this.timer = timer;
        this.permits = new Permits(options.maxConnections());
        this.faults = new SessionFaults(idle.lifetime());
        this.abandoned = new AbandonedWrites(idle.connector(), options.maxConnections(), faults::isUnreachable, timer);
        this.pool = new ConnectionPool(idle.pool(connections, permits)
                // Retries are ours: the pool's are for any error, and its bound is for each of them.
                .acquireRetry(0)
                .preRelease(PooledConnection::requireOpen)
                .build());
    }

    /** A pool of connections that are replaced at the end of their lifetime, when they fail, and with the certificates. */
    static Pool of(
            Connector connector,
            DatastoreOptions options,
            @Nullable TlsContext tls,
            Scheduler timer,
            @Nullable DatastoreListener listener) {
        Lifetime lifetime = new Lifetime(options, tls);
        return new Pool(
                listener == null ? connector : listener.decorate(connector),
                new IdleLimit(options.maxIdleConnections(), lifetime, connector),
                options,
                timer);
    }

    Lifetime lifetime() {
        return idle.lifetime();
    }

    Connector connector() {
        return idle.connector();
    }

    /**
     * As {@link #withConnection}, for work that may commit; fails immediately while too many writes have an unknown
     * outcome.
     */
    <T> Mono<T> withConnectionForWriting(String action, Function<PooledConnection, Mono<T>> work) {
        return abandoned.admit(action, withConnection(action, work));
    }

    /**
     * Acquires a connection for the duration of the work, and another one if the first had an unusable session and the
     * work had no effect.
     *
     * @return cold; fails with the error of {@link SqlErrors#connecting} if no connection is acquired within the
     *     timeout of all attempts; emits when the connection is released; cancelling stops the work, including its
     *     statement on the server, unless it may be committing
     */
    <T> Mono<T> withConnection(String action, Function<PooledConnection, Mono<T>> work) {
        return Mono.defer(() -> {
            AtomicBoolean repeat = new AtomicBoolean();
            Mono<T> once = lendOnce(action, work, repeat);
            return once.onErrorResume(error -> repeat.getAndSet(false) ? once : Mono.error(error));
        });
    }

    private <T> Mono<T> lendOnce(String action, Function<PooledConnection, Mono<T>> work, AtomicBoolean repeat) {
        return Mono.defer(() -> {
            AtomicBoolean decided = new AtomicBoolean();
            Sinks.Empty<T> silence = Sinks.empty();
            Mono<T> used = Mono.usingWhen(
                    acquire(action),
                    lease -> decided.compareAndSet(false, true) ? begin(lease, work, silence) : Mono.never(),
                    PooledConnection::giveBack,
                    (lease, error) -> afterError(lease, error, repeat),
                    PooledConnection::giveBackIdle);
            return used.or(silence.asMono()).timeout(expiry(decided), noneInTime(action));
        });
    }

    /**
     * The caller gets the error immediately if a commit is not answered; its later outcome no longer concerns the
     * caller.
     */
    private static <T> Mono<T> begin(
            PooledConnection lease, Function<PooledConnection, Mono<T>> work, Sinks.Empty<T> silence) {
        return work.apply(lease).onErrorResume(lease::isSilentCommit, error -> {
            silence.tryEmitError(error);
            return Mono.never();
        });
    }

    /**
     * A connection that does not answer may be broken, and would also block the next user; if the server ended its
     * session, the connection is unusable although its socket may not be closed yet.
     */
    private Mono<Void> afterError(PooledConnection lease, Throwable error, AtomicBoolean repeat) {
        SessionFaults.Verdict verdict = faults.judge(lease, error);
        repeat.set(verdict == SessionFaults.Verdict.REPEAT);
        return verdict == SessionFaults.Verdict.CLOSE ? lease.giveUp() : lease.giveBackIdle();
    }

    private Mono<PooledConnection> acquire(String action) {
        return acquire(options.maxConnections())
                .onErrorMap(error -> SqlErrors.connecting(error, action, options.addresses()))
                .map(connection -> new PooledConnection(
                        new QualifiedConnection(connection, options.schema()), idle.connector(), abandoned, timer));
    }

    /** After a server restart every idle connection is dead; each attempt burns one of them. */
    private Mono<Connection> acquire(int moreAttempts) {
        return Mono.from(pool.create().transform(CancelSafeHandoff.once()))
                .onErrorResume(error -> moreAttempts > 0 && wasDead(error), error -> acquire(moreAttempts - 1))
                .onErrorResume(error -> mayWait(error), error -> acquire(moreAttempts));
    }

    /** If no more connections can be opened, the ones in use are reused when they are released. */
    private boolean mayWait(Throwable error) {
        Throwable meaning = SqlErrors.connecting(error, "", options.addresses());
        return meaning instanceof UnavailableException && permits.pause();
    }

    /** The pool's own error, which has no state; names of new connections have one. */
    private static boolean wasDead(Throwable error) {
        return error instanceof R2dbcNonTransientResourceException dead && dead.getSqlState() == null;
    }

    /** Emits unless a connection arrived first; then it never does. The first decision wins. */
    private Mono<Long> expiry(AtomicBoolean decided) {
        return Mono.delay(options.acquireTimeout(), timer)
                .filter(late -> decided.compareAndSet(false, true))
                .switchIfEmpty(Mono.never());
    }

    private <T> Mono<T> noneInTime(String action) {
        return Mono.error(() -> SqlErrors.connecting(
                new TimeoutException("no connection became available"), action, options.addresses()));
    }

    PoolMetrics figures() {
        io.r2dbc.pool.PoolMetrics metrics =
                pool.getMetrics().orElseThrow(() -> new IllegalStateException("bug: a pool without metrics"));
        return new PoolMetrics(
                metrics.acquiredSize(),
                metrics.allocatedSize(),
                metrics.idleSize(),
                metrics.pendingAcquireSize(),
                metrics.getMaxAllocatedSize());
    }

    Mono<Void> close() {
        // A connection that breaks while it is being closed counts as closed. The pool drops a connection that it has
        // just acquired for a caller that it then rejects.
        return Connector.quietly(pool.disposeLater(), timer).then(idle.closeRest(GRACE));
    }
}
