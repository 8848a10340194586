// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Stands between a publisher and its subscriber, and signals what either of them throws instead. Passes everything else on.
 *
 * <p>What the publisher throws while it is made, subscribed to or requested from ends it; what the subscriber, or an operator
 * behind it, throws as an {@link Error} when it is given a value cancels the publisher and is reported as an error. What is
 * thrown after the end was signalled comes from the subscriber's own end, and reaches the caller, as without a guard. What a
 * publisher throws on a thread of its own choice, outside of the calls above, is out of reach.
 *
 * @param <T> the values' type
 */
final class Guard<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> actual;
    private final Function<Error, ? extends Exception> translation;
    private final AtomicBoolean done = new AtomicBoolean();
    private volatile @Nullable Subscription subscription;

    /**
     * Guards one subscription.
     *
     * @param actual receives the signals
     * @param translation what is signalled in place of an error of the JVM, which operators would throw again
     */
    Guard(CoreSubscriber<? super T> actual, Function<Error, ? extends Exception> translation) {
        this.actual = actual;
        this.translation = translation;
    }

    /**
     * Runs a call that belongs to the publisher.
     *
     * @param call makes it, subscribes to it or requests from it
     */
    void run(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void fail(Throwable error) {
        if (!done.compareAndSet(false, true)) {
            rethrow(error);
        }
        Subscription begun = subscription;
        if (begun == null) {
            Operators.error(actual, signalled(error));
        } else {
            begun.cancel();
            actual.onError(signalled(error));
        }
    }

    private static void rethrow(Throwable error) {
        if (error instanceof Error fatal) {
            throw fatal;
        }
        throw (RuntimeException) error;
    }

    private Throwable signalled(Throwable error) {
        return error instanceof Error fatal && Exceptions.isJvmFatal(fatal) ? translation.apply(fatal) : error;
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
    public void onNext(T value) {
        if (done.get()) {
            Operators.onNextDropped(value, currentContext());
            return;
        }
        try {
            actual.onNext(value);
        } catch (Error e) {
            fail(e);
        }
    }

    @Override
    public void onError(Throwable error) {
        if (done.compareAndSet(false, true)) {
            actual.onError(signalled(error));
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
        Subscription begun = subscription;
        if (begun != null) {
            run(() -> begun.request(n));
        }
    }

    @Override
    public void cancel() {
        Subscription begun = subscription;
        if (begun != null) {
            begun.cancel();
        }
    }
}
