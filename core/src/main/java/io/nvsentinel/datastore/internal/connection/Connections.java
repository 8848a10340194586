// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreListener.Kind;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.nvsentinel.datastore.internal.connection.server.DriverConfiguration;
import io.nvsentinel.datastore.internal.connection.server.LogPosition;
import io.nvsentinel.datastore.internal.connection.server.Primary;
import io.nvsentinel.datastore.internal.connection.server.ReadServer;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.datastore.query.ReadPosition;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.datastore.query.ReadPreference.Mode;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The only class that opens, acquires, releases and closes connections, and that translates the driver's errors.
 * <p>Work on a connection returns one value, for example a page, so that no connection is in use while a subscriber
 * works and no row is visible before its commit. Thread-safe.
 */
public final class Connections implements Session {

    private final Primary primary = new Primary();
    private final Connector pooled;
    private final Connector direct;
    private final Pool pool;
    private final Standbys standbys;
    private final Freshness freshness;
    private final DatastoreOptions options;
    private final @Nullable TlsContext tls;
    private final ResponseTimeout patience;
    private final Scheduler timer;
    private final Observer observer;
    private final WriteOutcomes writes = new WriteOutcomes();

    private Connections(
            DatastoreOptions options, @Nullable TlsContext tls, Scheduler timer, @Nullable DatastoreListener listener) {
        this.patience = ResponseTimeout.beyond(options.statementTimeout(), timer);
        Connector connector = new Connector(options, options.addresses(), tls, primary, timer);
        this.pooled = connector;
        this.direct = new Connector(options, options.directAddresses(), tls, primary, timer);
        this.pool = Pool.of(connector, options, tls, timer, listener);
        this.freshness = new Freshness(primary, read("Read position", patience, LogPosition::of), timer);
        this.standbys = Standbys.of(options, host -> {
            Connector reading = new Connector(host, host.addresses(), tls, new ReadServer(primary), timer);
            return new StandbyHost(host, Pool.of(reading, host, tls, timer, listener), freshness, patience);
        });
        this.observer = new Observer(listener);
        this.options = options;
        this.tls = tls;
        this.timer = timer;
    }

    /**
     * Opens connections and keeps them open if what follows succeeds.
     *
     * @param options the options
     * @param listener is notified of operations, or null
     * @param prepare prepares the connections
     * @param <T> the result of the preparation
     * @return cold; emits the result of {@code prepare}; if that fails or is cancelled, all connections are closed
     */
    public static <T> Mono<T> open(
            DatastoreOptions options, @Nullable DatastoreListener listener, Function<Connections, Mono<T>> prepare) {
        return Mono.usingWhen(
                Mono.fromCallable(() -> ForeignCode.call(() -> new Connections(
                                options,
                                DriverConfiguration.openTls(options),
                                new Deadlines(Schedulers.parallel()),
                                listener)))
                        .subscribeOn(Schedulers.boundedElastic()),
                connections -> ForeignCode.defer(() -> prepare.apply(connections)),
                connections -> Mono.empty(),
                (connections, error) -> connections.close(),
                Connections::close);
    }

    /**
     * The TLS context of the connections.
     *
     * @return null if they use plain text
     */
    public @Nullable TlsContext tls() {
        return tls;
    }

    /**
     * Whether connections are in plain text: without TLS, or because {@code prefer} found no TLS at the server.
     *
     * @return what the newest connection of the pool is
     */
    public boolean isInPlainText() {
        return tls == null || pooled.isInPlainText();
    }

    /**
     * The pool's figures at this moment.
     *
     * @return the figures
     */
    public PoolMetrics figures() {
        return pool.figures();
    }

    /**
     * Why the server does not accept writes, as the last write of this datastore has shown.
     *
     * @return empty if no write failed within the last minute for a reason other than its content, or one succeeded after it
     */
    public Optional<DatastoreException> failingWrites() {
        return writes.failure();
    }

    @Override
    public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
        return observer.observe(Kind.READ, action, read(action, patience, work));
    }

    private <T> Mono<T> read(String action, ResponseTimeout answer, Function<Connection, Mono<T>> work) {
        return unbounded(pool.withConnection(action, lease -> answer.with(lease.run(work)))
                .onErrorMap(error -> SqlErrors.reading(error, action)));
    }

    /**
     * The same datastore for reads with a preference; writes go to the primary.
     *
     * @param preference which server may answer
     * @return the session, valid as long as these connections
     * @throws InvalidRequestException if only standbys may answer, and no host to read from is configured
     */
    public Session reading(ReadPreference preference) {
        if (standbys.isEmpty() && preference.mode() == Mode.STANDBY) {
            throw new InvalidRequestException(
                    "a read from standbys alone needs the option readHosts, which is not set");
        }
        return standbys.isEmpty() || preference.mode() == Mode.PRIMARY ? this : new Reading(preference);
    }

    /** Reads with a preference. */
    private final class Reading implements Session {

        private final ReadPreference preference;

        Reading(ReadPreference preference) {
            this.preference = preference;
        }

        @Override
        public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
            Mono<T> elsewhere = Connections.this.read(action, patience, work);
            Mono<T> read = standbys.read(new Standbys.Read<>(action, preference, work), elsewhere);
            return observer.observe(Kind.READ, action, unbounded(read));
        }

        @Override
        public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
            return Connections.this.write(action, work);
        }

        @Override
        public boolean isEachItsOwnTransaction() {
            return true;
        }
    }

    /**
     * How far the primary's log is.
     *
     * @return cold; emits a position above everything that was acknowledged before
     */
    public Mono<ReadPosition> position() {
        return observer.observe(
                Kind.READ, "Read position", freshness.position().map(position -> new ReadPosition(position.lsn())));
    }

    /**
     * The hosts to read from, and why each was not used last.
     *
     * @return {@code ready} if it was, or has not been tried; in the order of the option
     */
    public Map<String, String> readHosts() {
        return standbys.states();
    }

    /**
     * Reads with a separate timeout for the response, which is not longer than the timeout of all statements.
     *
     * @param action the operation, for error messages
     *
     * @param within how long the response may take, from when a connection is acquired
     * @param work uses the connection
     * @param <T> the result
     * @return cold; fails as {@link #read(String, Function)} does
     */
    public <T> Mono<T> read(String action, Duration within, Function<Connection, Mono<T>> work) {
        return observer.observe(Kind.READ, action, read(action, patience.atMost(within), work));
    }

    /** In its own transaction: emits after the commit. */
    @Override
    public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
        return write(action, patience, work);
    }

    /**
     * Writes with a bound of its own for the answer, which is not longer than that of all statements. The write may still happen
     * after it has passed.
     *
     * @param action what is being done, for error messages
     * @param within how long the answer may take, from when a connection is there
     * @param work uses the connection
     * @param <T> the result
     * @return cold; fails as {@link #write(String, Function)} does
     */
    public <T> Mono<T> write(String action, Duration within, Function<Connection, Mono<T>> work) {
        return write(action, patience.atMost(within), work);
    }

    private <T> Mono<T> write(String action, ResponseTimeout answer, Function<Connection, Mono<T>> work) {
        return observer.observe(
                Kind.WRITE,
                action,
                writes.of(
                        unbounded(pool.withConnectionForWriting(action, lease -> answer.with(lease.runAndCommit(work)))
                                .onErrorMap(error -> SqlErrors.writing(error, action)))));
    }

    @Override
    public boolean isEachItsOwnTransaction() {
        return true;
    }

    /**
     * Opens and closes a separate connection, independently of the pool.
     *
     * @return cold; completes when that has succeeded; fails as connecting does
     */
    public Mono<Void> reach() {
        return Mono.usingWhen(
                direct.create().onErrorMap(error -> SqlErrors.connecting(error, "Connect", options.directAddresses())),
                connection -> Mono.empty(),
                direct::close);
    }

    /**
     * Signals that a connection could be opened again after an outage, so that retries with back-off can continue
     * immediately.
     *
     * @return hot; an element each time; never completes
     */
    public Flux<Boolean> recoveries() {
        return primary.recoveries();
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
        Function<PooledConnection, Mono<T>> run = lease -> new Transaction(lease, options, patience(options))
                .run(session -> work.apply(observer.observe(session)));
        Mono<T> attempt = options.readOnly()
                ? pool.withConnection(Transaction.ACTION, run)
                : pool.withConnectionForWriting(Transaction.ACTION, run);
        Mono<T> retried = unbounded(attempt.retryWhen(TransactionRetry.of(options, timer)));
        return observer.observe(
                Kind.TRANSACTION, Transaction.ACTION, options.readOnly() ? retried : writes.of(retried));
    }

    private ResponseTimeout patience(TransactionOptions transaction) {
        Duration timeout = transaction.statementTimeout();
        return timeout == null ? patience : ResponseTimeout.beyond(timeout, timer);
    }

    /**
     * Work on a connection that stays the caller's.
     *
     * @param connection a connection of the caller's
     * @return the session, good for as long as the connection
     */
    public Session joined(Connection connection) {
        return observer.observe(new JoinedSession(qualified(connection), new SerialQueue(), null));
    }

    /**
     * Opens a dedicated connection, outside the pool and without a pooler, until the end of its lifetime. A caller that
     * needs it longer subscribes again.
     *
     * @param action what is being done, for error messages
     * @param work uses the connection
     * @param <T> the results
     * @return cold; completes at the end of {@link DatastoreOptions#connectionMaxLifetime()}, when all connections are
     *     replaced, and when new certificates are in use and connections are to be replaced then; the connection is
     *     closed when the result ends or is cancelled
     */
    public <T> Flux<T> dedicated(String action, Function<PostgresqlConnection, Publisher<T>> work) {
        return Flux.defer(() -> {
            Mono<Void> over = Mono.firstWithSignal(
                    pool.lifetime().ofNext(), primary.changes().next().then());
            return Flux.usingWhen(
                    direct.create().onErrorMap(error -> SqlErrors.connecting(error, action, options.directAddresses())),
                    connection -> Flux.from(work.apply(connection))
                            .takeUntilOther(over)
                            .onErrorMap(error -> SqlErrors.reading(error, action)),
                    direct::close);
        });
    }

    /**
     * A view of a connection whose statements can refer to the datastore's schema like statements of sessions.
     *
     * @param connection a dedicated connection
     *
     * @return the view, valid as long as the connection
     */
    public Connection qualified(Connection connection) {
        return new QualifiedConnection(connection, options.schema());
    }

    /**
     * Closes the pool and its connections.
     *
     * @return cold; completes when they are closed; may be repeated
     */
    public Mono<Void> close() {
        return Mono.when(pool.close(), standbys.close()).doFinally(signal -> {
            if (tls != null) {
                tls.close();
            }
        });
    }

    /** Without the buffer, a subscriber that requests nothing yet would stop the work while it holds a connection. */
    private static <T> Mono<T> unbounded(Mono<T> result) {
        return result.flux().onBackpressureBuffer(1).singleOrEmpty();
    }
}
