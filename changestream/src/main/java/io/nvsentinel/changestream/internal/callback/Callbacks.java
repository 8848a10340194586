// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.callback;

import io.nvsentinel.changestream.CallbackFailedException;
import io.nvsentinel.datastore.internal.ForeignCode;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Calls callbacks whose failure ends a stream, and turns errors of the JVM into errors that Reactor signals. */
public final class Callbacks {

    private Callbacks() {}

    /**
     * Calls a callback.
     *
     * @param name the option that gave it
     * @param callback the callback
     * @param value its argument
     * @param <T> the argument's type
     * @throws CallbackFailedException if it fails with an error of the JVM
     */
    public static <T> void accept(String name, Consumer<? super T> callback, T value) {
        get(name, () -> {
            callback.accept(value);
            return null;
        });
    }

    /**
     * Calls a function.
     *
     * @param name the option that gave it
     * @param function the function
     * @param <T> the result's type
     * @return its result
     * @throws CallbackFailedException if it fails with an error of the JVM
     */
    public static <T> @Nullable T get(String name, Supplier<@Nullable T> function) {
        try {
            return function.get();
        } catch (Error e) {
            throw new CallbackFailedException("The callback " + name, e);
        }
    }

    /**
     * Calls a handler once.
     *
     * @param handler calls the handler
     * @param timeout how long it may take, also when it throws on a thread of its own; zero for any time
     * @param timer waits for time
     * @return cold; completes when the handler does; fails with what it throws while it is called, subscribed to or requested from,
     *     and with {@link CallbackFailedException} in place of an error of the JVM
     */
    public static Mono<Void> handle(Supplier<Mono<Void>> handler, Duration timeout, Scheduler timer) {
        Mono<Void> call = ForeignCode.guarded(handler, error -> new CallbackFailedException("The handler", error));
        return timeout.isZero() ? call : call.timeout(timeout, timer);
    }

    /**
     * Ends a watch whose subscriber throws an error of the JVM.
     *
     * @param watch the watch
     * @param <T> the events' type
     * @return cold; fails with {@link CallbackFailedException} in that case
     */
    public static <T> Flux<T> guarded(Flux<T> watch) {
        return ForeignCode.guarded(watch, error -> new CallbackFailedException("The subscriber of a watch", error));
    }
}
