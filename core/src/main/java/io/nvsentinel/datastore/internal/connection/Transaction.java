// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.TransactionOptions;
import io.r2dbc.postgresql.api.PostgresTransactionDefinition;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One attempt at a transaction, on a connection lent for it. */
final class Transaction {

    private static final Logger LOG = LoggerFactory.getLogger(Transaction.class);
    private static final Duration ROLLBACK_TIMEOUT = Duration.ofSeconds(5);
    private static final String ACTION = "Transaction";

    private final Connection connection;
    private final TransactionOptions options;
    private final Duration commitTimeout;
    private final JoinedSession session;
    private volatile boolean settled;

    Transaction(Connection connection, TransactionOptions options, Duration commitTimeout) {
        this.connection = connection;
        this.options = options;
        this.commitTimeout = commitTimeout;
        this.session = new JoinedSession(connection, true);
    }

    Connection connection() {
        return connection;
    }

    /** Whether the server has confirmed the end; until then the connection cannot be used for anything else. */
    boolean isSettled() {
        return settled;
    }

    /** Begins, works and commits; the value comes after the commit. */
    <T> Mono<T> run(Function<Session, Mono<T>> work) {
        return begin().then(Mono.defer(() -> work.apply(session)))
                .singleOptional()
                .flatMap(value -> commit().then(Mono.justOrEmpty(value)));
    }

    private Mono<Void> begin() {
        return Mono.from(connection.beginTransaction(definition()))
                .then(boundStatements())
                .onErrorMap(error -> SqlErrors.reading(error, ACTION));
    }

    private PostgresTransactionDefinition definition() {
        PostgresTransactionDefinition isolated = PostgresTransactionDefinition.from(
                switch (options.isolation()) {
                    case READ_COMMITTED -> IsolationLevel.READ_COMMITTED;
                    case REPEATABLE_READ -> IsolationLevel.REPEATABLE_READ;
                    case SERIALIZABLE -> IsolationLevel.SERIALIZABLE;
                });
        return options.readOnly() ? isolated.readOnly() : isolated.readWrite();
    }

    private Mono<Void> boundStatements() {
        Duration timeout = options.statementTimeout();
        return timeout == null ? Mono.empty() : run("SET LOCAL statement_timeout = " + timeout.toMillis());
    }

    private Mono<Void> commit() {
        return session.end(Mono.from(connection.commitTransaction()))
                .timeout(commitTimeout)
                .doOnSuccess(done -> settled = true)
                .onErrorMap(error -> SqlErrors.committing(error, session.failure()));
    }

    /** Unless it was committed, stops what still runs and rolls back, within a bound; never fails. */
    Mono<Void> end() {
        return Mono.defer(() -> settled ? Mono.empty() : rollback())
                .timeout(ROLLBACK_TIMEOUT)
                .doOnError(error -> LOG.debug("A transaction could not be rolled back in good order", error))
                .onErrorComplete();
    }

    /** As a statement: the driver's own method does nothing while it does not know yet that a transaction has begun. */
    private Mono<Void> rollback() {
        return interrupt().then(session.end(run("ROLLBACK"))).doOnSuccess(done -> settled = true);
    }

    /** Without it, ROLLBACK would wait for a statement whose result nobody wants any more. */
    private Mono<Void> interrupt() {
        return Mono.defer(() -> {
            PostgresqlConnection driver = session.isBusy() ? driver() : null;
            return driver == null ? Mono.empty() : driver.cancelRequest().onErrorComplete();
        });
    }

    private @Nullable PostgresqlConnection driver() {
        return connection instanceof Wrapped<?> wrapped ? wrapped.unwrap(PostgresqlConnection.class) : null;
    }

    private Mono<Void> run(String sql) {
        return Flux.defer(() -> connection.createStatement(sql).execute())
                .concatMap(Result::getRowsUpdated)
                .then();
    }
}
