// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.InvalidRequestException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One connection that all work shares, one piece after another. Thread-safe. */
final class JoinedSession implements Session {

    private final Connection connection;
    private final boolean undoneIfLost;
    private final Turns turns = new Turns();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean ended;

    /**
     * A session on a connection.
     *
     * @param undoneIfLost whether a transaction is open, so that losing the connection undoes every write
     */
    JoinedSession(Connection connection, boolean undoneIfLost) {
        this.connection = connection;
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

    /** Refuses new work, and runs the last one when those that were let in before it have finished. */
    Mono<Void> end(Mono<Void> last) {
        return Mono.defer(() -> {
            ended = true;
            return turns.run(last);
        });
    }

    /** Whether the server may still be working on a statement; a cancelled one counts, since it is not waited for. */
    boolean isBusy() {
        return unfinished.get() > 0;
    }

    /** The first error that the server reported. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    private <T> Mono<T> use(String action, Function<Connection, Mono<T>> work, UnaryOperator<Throwable> translate) {
        Mono<T> result = turns.run(Mono.defer(() -> ended ? refuse(action) : track(work, translate)));
        // Without the buffer, a subscriber that requests nothing yet would keep the others from having their turn.
        return result.flux().onBackpressureBuffer().singleOrEmpty();
    }

    private <T> Mono<T> track(Function<Connection, Mono<T>> work, UnaryOperator<Throwable> translate) {
        unfinished.incrementAndGet();
        return work.apply(connection)
                .doOnTerminate(unfinished::decrementAndGet)
                .onErrorMap(error -> remember(error, translate.apply(error)));
    }

    private Throwable remember(Throwable error, Throwable translated) {
        if (error instanceof R2dbcException) {
            failure.compareAndSet(null, translated);
        }
        return translated;
    }

    private static <T> Mono<T> refuse(String action) {
        return Mono.error(new InvalidRequestException(action + ": this session's transaction has ended"));
    }
}
