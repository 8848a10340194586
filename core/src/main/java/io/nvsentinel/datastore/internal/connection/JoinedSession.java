// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One connection that all work shares, one piece after another. Thread-safe. */
final class JoinedSession implements Session {

    private final Connection connection;
    private final SerialQueue turns;
    private final @Nullable ResponseTimeout patience;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * A session on a connection.
     *
     * @param patience the timeout of each statement of the library's own transaction, which is rolled back if the
     *     connection is lost; null on a connection of a caller, which controls the timeout
     */
    JoinedSession(Connection connection, SerialQueue turns, @Nullable ResponseTimeout patience) {
        this.connection = connection;
        this.turns = turns;
        this.patience = patience;
    }

    @Override
    public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
        return use(action, work, error -> SqlErrors.reading(error, action));
    }

    @Override
    public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
        return patience != null ? read(action, work) : use(action, work, error -> SqlErrors.writing(error, action));
    }

    /** The first error that the server reported. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    private <T> Mono<T> use(String action, Function<Connection, Mono<T>> work, UnaryOperator<Throwable> translate) {
        Mono<T> answer = ForeignCode.defer(() -> work.apply(connection));
        Mono<T> inTime = patience == null ? answer : patience.with(answer);
        // The outermost wrapper: exceptions that the application's operators throw for the value arrive here first.
        return ForeignCode.defer(() ->
                turns.run(inTime.onErrorMap(error -> remember(error, translate.apply(error))), () -> ended(action)));
    }

    private Throwable remember(Throwable error, Throwable translated) {
        if (error instanceof R2dbcException) {
            failure.compareAndSet(null, translated);
        }
        return translated;
    }

    private static Throwable ended(String action) {
        return new InvalidRequestException(
                new ErrorContext(action, null), "this session's transaction has ended", null);
    }
}
