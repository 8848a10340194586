// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Decides which side releases a resource when a cancellation races with its delivery: the source, if it was cancelled
 * before, or else the subscriber. Without it, the pool would release a connection and pass it to another caller, while
 * the subscriber still receives it and cleans up on it, in the other caller's transaction.
 *
 * <p>The source must release its element when it is cancelled, even after it has emitted the element. It is cancelled
 * again if something comes after all: a {@code Mono.flatMap}, of which the pool makes use, forgets a cancellation that
 * comes between its look for a second source and that source's arrival (Reactor Core 3.7.19 and 3.8.8). Otherwise the
 * emitted connection has no owner, and never returns to the pool.
 *
 * @param <T> what is handed over
 */
final class CancelSafeHandoff<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> receiver;
    private final AtomicBoolean decided = new AtomicBoolean();
    private Subscription source = Operators.emptySubscription();

    private CancelSafeHandoff(CoreSubscriber<? super T> receiver) {
        this.receiver = receiver;
    }

    /** To be put right behind the source: most operators pass on the first cancellation only. */
    static <T> Function<Mono<T>, Publisher<T>> once() {
        return source -> Operators.<T, T>lift((scannable, receiver) -> new CancelSafeHandoff<>(receiver))
                .apply(source);
    }

    @Override
    public Context currentContext() {
        return receiver.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        source = subscription;
        receiver.onSubscribe(this);
    }

    @Override
    public void onNext(T thing) {
        if (decided.compareAndSet(false, true)) {
            receiver.onNext(thing);
        } else {
            source.cancel();
        }
    }

    @Override
    public void onError(Throwable error) {
        receiver.onError(error);
    }

    @Override
    public void onComplete() {
        receiver.onComplete();
    }

    @Override
    public void request(long n) {
        source.request(n);
    }

    @Override
    public void cancel() {
        if (decided.compareAndSet(false, true)) {
            source.cancel();
        }
    }
}
