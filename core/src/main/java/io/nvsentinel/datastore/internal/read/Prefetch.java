// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.ConnectableFlux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * What is begun before it is asked for, so that the server works while the subscriber does: at most one thing at a time, for
 * one subscriber. Disposed of, it stops.
 *
 * @param <T> what comes of it
 */
public final class Prefetch<T> implements Disposable {

    private final Disposable.Swap work = Disposables.swap();
    private @Nullable Mono<T> begun;

    /**
     * Begins.
     *
     * @param next what to do
     */
    public void begin(Mono<T> next) {
        // As a value, so that an error that arrives after the cancellation is not logged as dropped.
        ConnectableFlux<Signal<T>> arriving = next.materialize().flux().replay(1);
        begun = arriving.next().dematerialize();
        work.update(arriving.connect());
    }

    /**
     * Takes what has been begun.
     *
     * @param next what to do if nothing has
     * @return emits what comes of it, or why nothing does
     */
    public Mono<T> or(Mono<T> next) {
        Mono<T> taken = begun;
        begun = null;
        return taken == null ? next : taken;
    }

    /**
     * Whether something has been begun and not been taken.
     *
     * @return true if there is
     */
    public boolean hasBegun() {
        return begun != null;
    }

    @Override
    public void dispose() {
        work.dispose();
    }

    @Override
    public boolean isDisposed() {
        return work.isDisposed();
    }
}
