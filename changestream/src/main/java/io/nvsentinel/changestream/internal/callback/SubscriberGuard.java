// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.callback;

import io.nvsentinel.changestream.CallbackFailedException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Ends a watch whose subscriber, or an operator behind it, throws an error of the JVM: Reactor rethrows it up to this
 * operator, and a subscriber that waits for the next event would wait forever.
 *
 * @param <T> the events' type
 */
public final class SubscriberGuard<T> extends Flux<T> {

    private final Publisher<T> source;

    private SubscriberGuard(Publisher<T> source) {
        this.source = source;
    }

    /**
     * Guards a watch.
     *
     * @param source the watch
     * @param <T> the events' type
     * @return cold; fails with {@link CallbackFailedException} if the subscriber throws an error of the JVM
     */
    public static <T> Flux<T> of(Flux<T> source) {
        return new SubscriberGuard<>(source);
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(new Guard<>(actual));
    }

    private static final class Guard<T> implements CoreSubscriber<T>, Subscription {

        private final CoreSubscriber<? super T> actual;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile @Nullable Subscription subscription;

        private Guard(CoreSubscriber<? super T> actual) {
            this.actual = actual;
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription begun) {
            subscription = begun;
            actual.onSubscribe(this);
        }

        @Override
        public void onNext(T event) {
            if (done.get()) {
                Operators.onNextDropped(event, currentContext());
                return;
            }
            try {
                actual.onNext(event);
            } catch (Error e) {
                cancel();
                onError(new CallbackFailedException("The subscriber of a watch", e));
            }
        }

        @Override
        public void onError(Throwable error) {
            if (done.compareAndSet(false, true)) {
                actual.onError(error);
            } else {
                Operators.onErrorDropped(error, currentContext());
            }
        }

        @Override
        public void onComplete() {
            if (done.compareAndSet(false, true)) {
                actual.onComplete();
            }
        }

        @Override
        public void request(long n) {
            Subscription current = subscription;
            if (current != null) {
                current.request(n);
            }
        }

        @Override
        public void cancel() {
            Subscription current = subscription;
            if (current != null) {
                current.cancel();
            }
        }
    }
}
