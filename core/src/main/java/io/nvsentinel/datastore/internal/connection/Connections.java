// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.PoolFigures;
import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The only class that makes, lends, takes back and closes connections, and that turns the driver's errors into ours.
 *
 * <p>What runs with a connection gives back one value, a page for instance, so that no connection is held while a
 * subscriber thinks and nothing is seen before its commit. Thread-safe.
 */
public final class Connections implements Session {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /** How much longer than the server's own bound we wait for the answer of a server that may be gone. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final PostgresqlConnectionFactory factory;
    private final ConnectionPool pool;
    private final String address;
    private final Duration commitTimeout;
    private final Scheduler timer = Schedulers.parallel();
    private final @Nullable TlsContext tls;
    private final Lifetime lifetime;

    private Connections(
            PostgresqlConnectionFactory factory,
            ConnectionPool pool,
            Lifetime lifetime,
            DatastoreOptions options,
            @Nullable TlsContext tls) {
        this.factory = factory;
        this.pool = pool;
        this.lifetime = lifetime;
        this.address = Addresses.text(options.addresses());
        this.commitTimeout = options.statementTimeout().plus(GRACE);
        this.tls = tls;
    }

    /**
     * Opens connections and keeps them open if what follows succeeds.
     *
     * @param options where and how to connect
     * @param prepare makes the connections usable
     * @param <T> what is made of them
     * @return cold; emits what {@code prepare} emits; if that fails or is cancelled, everything is closed again
     */
    public static <T> Mono<T> open(DatastoreOptions options, Function<Connections, Mono<T>> prepare) {
        return Mono.usingWhen(
                Mono.fromCallable(() -> of(options, DriverConfiguration.openTls(options)))
                        .subscribeOn(Schedulers.boundedElastic()),
                prepare,
                connections -> Mono.empty(),
                (connections, error) -> connections.close(),
                Connections::close);
    }

    private static Connections of(DatastoreOptions options, @Nullable TlsContext tls) {
        PostgresqlConnectionFactory factory = new PostgresqlConnectionFactory(DriverConfiguration.of(options, tls));
        Lifetime lifetime = new Lifetime(options, tls);
        ConnectionPool pool = new ConnectionPool(new IdleLimit(options.maxIdleConnections(), lifetime)
                .pool(factory)
                .initialSize(0)
                .maxSize(options.maxConnections())
                .maxAcquireTime(options.acquireTimeout())
                .maxCreateConnectionTime(options.connectTimeout())
                .maxValidationTime(options.connectTimeout())
                // After a server restart every idle connection is dead; each attempt burns one of them.
                .acquireRetry(options.maxConnections() + 1)
                .preRelease(Connections::requireOpen)
                .build());
        return new Connections(factory, pool, lifetime, options, tls);
    }

    /** What fails here is closed instead of taken back. */
    private static Mono<Void> requireOpen(Connection connection) {
        return Mono.from(connection.validate(ValidationDepth.LOCAL))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("The connection is closed")))
                .then();
    }

    /**
     * What encrypts the connections.
     *
     * @return null where they are in plain text
     */
    public @Nullable TlsContext tls() {
        return tls;
    }

    /**
     * The pool's figures at this moment.
     *
     * @return the figures
     */
    public PoolFigures figures() {
        PoolMetrics metrics =
                pool.getMetrics().orElseThrow(() -> new IllegalStateException("bug: a pool without metrics"));
        return new PoolFigures(
                metrics.acquiredSize(),
                metrics.allocatedSize(),
                metrics.idleSize(),
                metrics.pendingAcquireSize(),
                metrics.getMaxAllocatedSize());
    }

    @Override
    public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
        return use(action, work, error -> SqlErrors.reading(error, action));
    }

    /** In its own transaction: emits after the commit. */
    @Override
    public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
        return use(action, work, error -> SqlErrors.writing(error, action));
    }

    /**
     * Runs work in one transaction, again after a serialization failure or a deadlock.
     *
     * @param options isolation, retries and time-outs
     * @param work uses the session, which refuses when the transaction has ended
     * @param <T> the result
     * @return cold; emits after the commit and when the connection is back in the pool; on error and on cancel the
     *     transaction is rolled back, and its connection closed if that is not confirmed
     */
    public <T> Mono<T> transaction(TransactionOptions options, Function<Session, Mono<T>> work) {
        Mono<T> attempt = Mono.usingWhen(
                acquire("Transaction").map(connection -> new Transaction(connection, options, commitTimeout)),
                transaction -> transaction.run(work),
                transaction -> transaction.end().then(Mono.defer(() -> release(transaction))));
        return unbounded(attempt.retryWhen(TransactionRetry.of(options, timer)));
    }

    private static Mono<Void> release(Transaction ended) {
        Connection connection = ended.connection();
        return quietly(ended.isSettled() ? connection.close() : discard(connection));
    }

    /** A connection that is closed underneath is not taken back by the pool. */
    private static Mono<Void> discard(Connection pooled) {
        Connection driver = pooled instanceof Wrapped<?> wrapped ? wrapped.unwrap(Connection.class) : null;
        return driver == null
                ? Mono.from(pooled.close())
                : quietly(driver.close()).then(Mono.from(pooled.close()));
    }

    /**
     * Work on a connection that stays the caller's.
     *
     * @param connection a connection of the caller's
     * @return the session, good for as long as the connection
     */
    public Session joined(Connection connection) {
        return new JoinedSession(connection, false);
    }

    /**
     * Lends a connection of its own, outside the pool, until its lifetime is over. Who needs it longer subscribes again.
     *
     * @param action what is being done, for error messages
     * @param work uses the connection
     * @param <T> the results
     * @return cold; completes at the end of {@link DatastoreOptions#connectionMaxLifetime()}, or when new certificates are in
     *     use and connections are to be replaced then; the connection is closed when the result ends or is cancelled
     */
    public <T> Flux<T> dedicated(String action, Function<PostgresqlConnection, Publisher<T>> work) {
        return Flux.defer(() -> {
            Mono<Void> over = lifetime.ofNext();
            return Flux.usingWhen(
                    factory.create().onErrorMap(error -> SqlErrors.connecting(error, action, address)),
                    connection -> Flux.from(work.apply(connection))
                            .takeUntilOther(over)
                            .onErrorMap(error -> SqlErrors.reading(error, action)),
                    connection -> quietly(connection.close()));
        });
    }

    /**
     * Closes the pool and its connections.
     *
     * @return cold; completes when they are closed; may be repeated
     */
    public Mono<Void> close() {
        return pool.disposeLater().doFinally(signal -> {
            if (tls != null) {
                tls.close();
            }
        });
    }

    private <T> Mono<T> use(String action, Function<Connection, Mono<T>> work, UnaryOperator<Throwable> translate) {
        return unbounded(Mono.usingWhen(
                acquire(action),
                connection -> work.apply(connection).onErrorMap(translate),
                connection -> quietly(connection.close())));
    }

    private Mono<Connection> acquire(String action) {
        return pool.create().onErrorMap(error -> SqlErrors.connecting(error, action, address));
    }

    /** Without the buffer, a subscriber that requests nothing yet would stop the work while it holds a connection. */
    private static <T> Mono<T> unbounded(Mono<T> result) {
        return result.flux().onBackpressureBuffer().singleOrEmpty();
    }

    /** A failing release must hide neither the result nor the error that came before it. */
    private static Mono<Void> quietly(Publisher<Void> release) {
        return Mono.from(release)
                .timeout(CLOSE_TIMEOUT)
                .doOnError(error -> LOG.debug("A connection could not be closed in good order", error))
                .onErrorComplete();
    }
}
