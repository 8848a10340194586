// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A resource from the moment of its request. The requester can cancel at any time, even while the resource is being
 * delivered and a cancelled operator drops it: the resource is released in every case. Thread-safe.
 */
public final class ReleasableHandle {

    private final Sinks.Empty<Void> ended = Sinks.empty();
    private Mono<?> coming = Mono.empty();
    private Held held = why -> Mono.empty();
    private boolean over;

    /** Nothing is held yet. */
    public ReleasableHandle() {}

    /** One thing that is held. */
    @FunctionalInterface
    public interface Held {

        /**
         * Lets go.
         *
         * @param why the error because of which it is wanted no more, if that is the reason
         * @return cold; completes when it is done
         */
        Mono<Void> letGo(@Nullable Throwable why);
    }

    /**
     * Acquires a resource. A started acquisition always completes, even if no subscriber waits for it.
     *
     * @param thing acquires it; must terminate
     * @param asHeld how to release it
     * @param <T> its type
     * @return emits the resource; never emits, and does not acquire it, after the end
     */
    public <T> Mono<T> fetch(Mono<T> thing, Function<T, Held> asHeld) {
        return Mono.defer(() ->
                begun(thing.doOnNext(fetched -> hold(asHeld.apply(fetched))).cache()));
    }

    private synchronized <T> Mono<T> begun(Mono<T> fetching) {
        if (over) {
            return Mono.never();
        }
        coming = fetching;
        return fetching;
    }

    private synchronized void hold(Held thing) {
        held = thing;
    }

    /**
     * Holds something else, in which what was held before goes up.
     *
     * @param begin takes it; is not called if nothing is wanted any more
     * @return whether it was called
     */
    public synchronized boolean holdInstead(Supplier<Held> begin) {
        if (over) {
            return false;
        }
        held = begin.get();
        return true;
    }

    /**
     * Ends the use, and releases the resource, after it has arrived if it is still being acquired.
     *
     * @param why the error that ended the use, or null
     * @return cold, for one subscriber; completes when the resource is released
     */
    public Mono<Void> end(@Nullable Throwable why) {
        return Mono.defer(this::over)
                .then(Mono.defer(() -> last().letGo(why)))
                .doFinally(signal -> ended.tryEmitEmpty());
    }

    /** The error of the acquisition has been signalled to its subscriber. */
    private synchronized Mono<Void> over() {
        over = true;
        return coming.then().onErrorComplete();
    }

    private synchronized Held last() {
        return held;
    }

    /**
     * Waits until everything is let go.
     *
     * @return hot; completes then
     */
    public Mono<Void> ended() {
        return ended.asMono();
    }
}
