// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.r2dbc.postgresql.api.PostgresTransactionDefinition;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.Result;
import java.time.Duration;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One attempt at a transaction, on a connection acquired for it. */
final class Transaction {

    static final String ACTION = "Transaction";

    private final PooledConnection lease;
    private final TransactionOptions options;
    private final ResponseTimeout patience;
    private final JoinedSession session;

    Transaction(PooledConnection lease, TransactionOptions options, ResponseTimeout patience) {
        this.lease = lease;
        this.options = options;
        this.patience = patience;
        this.session = new JoinedSession(lease.connection(), lease.turns(), patience);
        // As a statement: the driver's own method does nothing while it does not know yet that a transaction has begun.
        lease.endWith(execute("ROLLBACK"));
        if (options.readOnly()) {
            lease.onlyReads();
        }
    }

    /** Begins, works and commits; the value comes after the commit. */
    <T> Mono<T> run(Function<Session, Mono<T>> work) {
        return begin().then(ForeignCode.defer(() -> begun(work)))
                .singleOptional()
                .flatMap(value -> commit().then(Mono.justOrEmpty(value)))
                .onErrorMap(UnavailableException.class, this::refusedByReadOnly);
    }

    /** Elsewhere that is a standby, and another try may reach the primary; here the caller has asked for it. */
    private Throwable refusedByReadOnly(UnavailableException error) {
        return options.readOnly() && "25006".equals(error.sqlState())
                ? new InvalidRequestException(
                        new ErrorContext(ACTION, error.sqlState()),
                        "the transaction writes, but was started as read-only",
                        error)
                : error;
    }

    private <T> Mono<T> begun(Function<Session, Mono<T>> work) {
        if (options.maxAttempts() == 1) {
            lease.onlyOnce();
        }
        return work.apply(session);
    }

    private Mono<Void> begin() {
        return patience.with(lease.run(connection ->
                        Mono.from(connection.beginTransaction(definition())).then(boundStatements())))
                .onErrorMap(error -> SqlErrors.reading(error, ACTION));
    }

    private PostgresTransactionDefinition definition() {
        PostgresTransactionDefinition isolated = PostgresTransactionDefinition.from(
                switch (options.isolation()) {
                    case READ_COMMITTED -> IsolationLevel.READ_COMMITTED;
                    case REPEATABLE_READ -> IsolationLevel.REPEATABLE_READ;
                    case SERIALIZABLE -> IsolationLevel.SERIALIZABLE;
                });
        // Without saying READ WRITE, which would override the server's default_transaction_read_only.
        return options.readOnly() ? isolated.readOnly() : isolated;
    }

    private Mono<Void> boundStatements() {
        Duration timeout = options.statementTimeout();
        return timeout == null ? Mono.empty() : execute("SET LOCAL statement_timeout = " + timeout.toMillis());
    }

    private Mono<Void> commit() {
        return patience.with(lease.commit()).onErrorMap(error -> SqlErrors.committing(error, session.failure()));
    }

    private Mono<Void> execute(String sql) {
        return Flux.defer(() -> lease.connection().createStatement(sql).execute())
                .concatMap(Result::getRowsUpdated)
                .then();
    }
}
