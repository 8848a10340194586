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
 * Decides who gives something back when a cancellation and the thing itself cross each other: the source, if it was
 * cancelled before, or else the subscriber. The pool alone would take a connection back, and lend it to somebody else, while
 * the subscriber still gets it and cleans up on it, in the other one's transaction.
 *
 * @param <T> what is handed over
 */
final class Handover<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> receiver;
    private final AtomicBoolean decided = new AtomicBoolean();
    private Subscription source = Operators.emptySubscription();

    private Handover(CoreSubscriber<? super T> receiver) {
        this.receiver = receiver;
    }

    /** To be put behind a source that takes back what it has emitted when it is cancelled. */
    static <T> Function<Mono<T>, Publisher<T>> once() {
        return source -> Operators.<T, T>lift((scannable, receiver) -> new Handover<>(receiver))
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
