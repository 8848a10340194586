// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What somebody holds, from the moment he asks for it. He may want it no more at any time, also while it is on its way to
 * him, where an operator that is cancelled drops it: it is let go all the same. Thread-safe.
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
     * Something to hold that has to be fetched. Once begun it comes to its end, whether anybody waits for it or not.
     *
     * @param thing fetches it; must come to its end
     * @param asHeld how to let go of it
     * @param <T> what it is
     * @return emits it; never, without fetching it, if nothing is wanted any more
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
     * Wants nothing any more, and lets go of what is held, once it has come.
     *
     * @param why the error because of which, if that is the reason
     * @return cold, for one subscriber; completes when it is done
     */
    public Mono<Void> end(@Nullable Throwable why) {
        return Mono.defer(this::over)
                .then(Mono.defer(() -> last().letGo(why)))
                .doFinally(signal -> ended.tryEmitEmpty());
    }

    /** Why something did not come has been told to who waited for it. */
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
