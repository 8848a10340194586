// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.ErrorContext;
import io.nvsentinel.datastore.InvalidRequestException;
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
    private final Turns turns;
    private final boolean undoneIfLost;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * A session on a connection.
     *
     * @param undoneIfLost whether a transaction is open, so that losing the connection undoes every write
     */
    JoinedSession(Connection connection, Turns turns, boolean undoneIfLost) {
        this.connection = connection;
        this.turns = turns;
        this.undoneIfLost = undoneIfLost;
    }

    @Override
    public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
        return use(action, work, error -> SqlErrors.reading(error, action));
    }

    @Override
    public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
        return undoneIfLost ? read(action, work) : use(action, work, error -> SqlErrors.writing(error, action));
    }

    /** The first error that the server reported. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    private <T> Mono<T> use(String action, Function<Connection, Mono<T>> work, UnaryOperator<Throwable> translate) {
        Mono<T> translated =
                Mono.defer(() -> work.apply(connection)).onErrorMap(error -> remember(error, translate.apply(error)));
        return turns.run(translated, () -> ended(action));
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
