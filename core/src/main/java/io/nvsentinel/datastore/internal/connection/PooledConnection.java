// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.connection.ResponseTimeout.NoAnswer;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A pooled connection while it is in use. It goes back to the pool when the server is done with it, or is closed.
 *
 * <p>A statement that is cancelled is stopped by a cancel request, unless it may be committing. A cancel request that
 * reaches a COMMIT ends the server's wait for a synchronous standby: the change becomes visible although no standby has
 * it. So once a commit may be under way, explicit or implied, nothing is sent any more, and the outcome is waited for.
 */
final class PooledConnection {

    /** A lease goes one way only, and the first to change its phase decides: no commit begins once it may be stopped. */
    private enum Phase {
        OPEN,
        COMMITTING,
        ENDING
    }

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    /** How long a statement without a waiting caller may continue before it is stopped, which closes its connection. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);

    private final Connection connection;
    private final Connector connector;
    private final AbandonedWrites abandoned;
    private final Scheduler timer;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPEN);
    private final SerialQueue turns = new SerialQueue();
    private Mono<Void> last = Mono.empty();
    private volatile boolean silent;
    private volatile boolean onlyReads;
    private volatile boolean onlyOnce;

    /**
     * A connection that has been acquired.
     *
     * @param connector opened it
     * @param abandoned waits for the outcome of a write without a waiting caller
     */
    PooledConnection(Connection connection, Connector connector, AbandonedWrites abandoned, Scheduler timer) {
        this.connection = connection;
        this.connector = connector;
        this.abandoned = abandoned;
        this.timer = timer;
    }

    Connection connection() {
        return connection;
    }

    SerialQueue turns() {
        return turns;
    }

    /** Runs work that commits nothing. */
    <T> Mono<T> run(Function<Connection, Mono<T>> work) {
        return turns.run(ForeignCode.defer(() -> work.apply(connection)), PooledConnection::endedBefore);
    }

    /** Runs work whose statement is its own transaction, and may be committing from the start. */
    <T> Mono<T> runAndCommit(Function<Connection, Mono<T>> work) {
        return run(lent -> beginCommit() ? work.apply(lent) : Mono.error(endedBefore()));
    }

    /** Commits, after which no statement of the transaction is accepted. */
    Mono<Void> commit() {
        return turns.end(Mono.defer(
                () -> beginCommit() ? Mono.from(connection.commitTransaction()) : Mono.error(endedBefore())));
    }

    private boolean beginCommit() {
        return phase.compareAndSet(Phase.OPEN, Phase.COMMITTING);
    }

    private static IllegalStateException endedBefore() {
        return new IllegalStateException("bug: the connection was already released");
    }

    /** Says what makes the connection fit for others if the work fails or is cancelled; if nothing is said, nothing. */
    void endWith(Mono<Void> statement) {
        last = statement;
    }

    /** Releases a connection whose work has completed. */
    Mono<Void> giveBack() {
        return Connector.quietly(connection.close(), timer);
    }

    /** Whether an error is the silence of a server that may be committing. Then that is not the error of the work any more. */
    boolean isSilentCommit(Throwable error) {
        silent = phase.get() == Phase.COMMITTING && NoAnswer.isBehind(error);
        return silent;
    }

    /** Notes that the caller has asked for a transaction that only reads, and so for the error if it writes. */
    void onlyReads() {
        onlyReads = true;
    }

    boolean mayWrite() {
        return !onlyReads;
    }

    /** Notes that the caller's work has begun, and must not be run again. */
    void onlyOnce() {
        onlyOnce = true;
    }

    boolean mayRepeat() {
        return !onlyOnce;
    }

    /**
     * Releases a connection whose work failed or was cancelled. The server may still be executing it: the statement is
     * stopped, or awaited if it may be committing.
     */
    Mono<Void> giveBackIdle() {
        return Mono.defer(() -> phase.compareAndSet(Phase.OPEN, Phase.ENDING)
                        ? stopped()
                        : abandoned.outcome(connector.backend(connection), settled(), silent))
                .doOnError(error -> LOG.debug("Connection could not be released to the pool and is closed", error))
                .then(Mono.defer(this::giveBack))
                .onErrorResume(error -> giveUp());
    }

    private Mono<Void> stopped() {
        Mono<Void> end = settled();
        return end.timeout(MOMENT, Mono.defer(() -> interrupt().then(end)), timer)
                .timeout(SETTLE_TIMEOUT, timer);
    }

    private Mono<Void> settled() {
        return turns.end(Mono.defer(() -> last));
    }

    /** Closes the connection instead: the pool does not reuse a closed connection. */
    Mono<Void> giveUp() {
        PostgresqlConnection driver = Connector.driver(connection);
        return (driver == null ? Mono.<Void>empty() : Connector.closing(driver, timer))
                .then(Mono.defer(this::giveBack));
    }

    /** Ends when the server has passed the request on: it cannot hit a statement that comes after. */
    private Mono<Void> interrupt() {
        PostgresqlConnection driver = Connector.driver(connection);
        return driver == null ? Mono.empty() : driver.cancelRequest().onErrorComplete();
    }

    /** The pool does not reuse a connection that fails here. */
    static Mono<Void> requireOpen(Connection connection) {
        return Mono.from(connection.validate(ValidationDepth.LOCAL))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("The connection is closed")))
                .then();
    }
}
