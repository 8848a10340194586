// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A connection of the pool while it is lent. It goes back idle, or is closed. */
final class Lease {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    /** How long a statement that nobody waits for any more may go on before it is stopped, which costs a connection. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);

    private final Connection connection;
    private final Scheduler timer;
    private final Turns turns = new Turns();
    private Mono<Void> last = Mono.empty();

    Lease(Connection connection, Scheduler timer) {
        this.connection = connection;
        this.timer = timer;
    }

    Connection connection() {
        return connection;
    }

    Turns turns() {
        return turns;
    }

    /** Runs work on the connection. */
    <T> Mono<T> run(Function<Connection, Mono<T>> work) {
        return turns.run(
                Mono.defer(() -> work.apply(connection)),
                () -> new IllegalStateException("bug: the connection was given back before"));
    }

    /** Says what makes the connection fit for others if the work fails or is cancelled; if nothing is said, nothing. */
    void endWith(Mono<Void> statement) {
        last = statement;
    }

    /** Gives back a connection whose work is done. */
    Mono<Void> giveBack() {
        return quietly(connection.close(), timer);
    }

    /** Gives back a connection whose work failed or was cancelled: the server may still be at it, and is stopped. */
    Mono<Void> giveBackIdle() {
        Mono<Void> end = turns.end(Mono.defer(() -> last));
        return end.timeout(MOMENT, Mono.defer(() -> interrupt().then(end)), timer)
                .timeout(SETTLE_TIMEOUT, timer)
                .doOnError(error -> LOG.debug("A connection does not become idle and is closed", error))
                .then(Mono.defer(this::giveBack))
                .onErrorResume(error -> giveUp());
    }

    /** Closes the connection instead: the pool does not take back one that is closed underneath. */
    Mono<Void> giveUp() {
        PostgresqlConnection driver = Connector.driver(connection);
        return (driver == null ? Mono.<Void>empty() : quietly(driver.close(), timer)).then(Mono.defer(this::giveBack));
    }

    /** Ends when the server has passed the request on: it cannot hit a statement that comes after. */
    private Mono<Void> interrupt() {
        PostgresqlConnection driver = Connector.driver(connection);
        return driver == null ? Mono.empty() : driver.cancelRequest().onErrorComplete();
    }

    /** The pool does not take back what fails here. */
    static Mono<Void> requireOpen(Connection connection) {
        return Mono.from(connection.validate(ValidationDepth.LOCAL))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("The connection is closed")))
                .then();
    }

    /** A failing release must hide neither the result nor the error that came before it. */
    static Mono<Void> quietly(Publisher<Void> release, Scheduler timer) {
        return Mono.from(release)
                .timeout(SETTLE_TIMEOUT, timer)
                .doOnError(error -> LOG.debug("A connection could not be closed in good order", error))
                .onErrorComplete();
    }
}
