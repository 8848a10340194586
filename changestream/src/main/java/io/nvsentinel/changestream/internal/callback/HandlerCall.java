// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.callback;

import io.nvsentinel.changestream.CallbackFailedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * One call of a handler. Exceptions and errors of the JVM that it throws while it is called, subscribed to or requested
 * from are signalled. Errors on the handler's own threads cannot be caught; {@code handlerTimeout} ends such a call.
 */
public final class HandlerCall extends Mono<Void> {

    private final Supplier<? extends Publisher<Void>> handler;

    private HandlerCall(Supplier<? extends Publisher<Void>> handler) {
        this.handler = handler;
    }

    /**
     * A call.
     *
     * @param handler calls the handler
     * @param timeout how long it may take; zero for any time
     * @param timer waits for time
     * @return cold; completes when the handler does
     */
    public static Mono<Void> of(Supplier<Mono<Void>> handler, Duration timeout, Scheduler timer) {
        HandlerCall call = new HandlerCall(handler);
        return timeout.isZero() ? call : call.timeout(timeout, timer);
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> actual) {
        Running running = new Running(actual);
        try {
            handler.get().subscribe(running);
        } catch (RuntimeException | Error e) {
            running.fail(e);
        }
    }

    private static final class Running implements CoreSubscriber<Void>, Subscription {

        private final CoreSubscriber<? super Void> actual;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile @Nullable Subscription subscription;

        private Running(CoreSubscriber<? super Void> actual) {
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
        public void onNext(Void nothing) {}

        @Override
        public void onError(Throwable error) {
            if (done.compareAndSet(false, true)) {
                actual.onError(signalled(error));
            } else {
                Operators.onErrorDropped(error, currentContext());
            }
        }

        /** Some operators rethrow an error of the JVM even if they only pass it on. */
        private static Throwable signalled(Throwable error) {
            return error instanceof Error fatal && Exceptions.isJvmFatal(fatal)
                    ? new CallbackFailedException("The handler", fatal)
                    : error;
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
            try {
                if (current != null) {
                    current.request(n);
                }
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }

        @Override
        public void cancel() {
            Subscription current = subscription;
            if (current != null) {
                current.cancel();
            }
        }

        /** An exception after the end of the handler was signalled comes from the downstream subscribers. */
        private void fail(Throwable error) {
            if (!done.compareAndSet(false, true)) {
                sneaky(error);
            }
            if (subscription == null) {
                actual.onSubscribe(Operators.emptySubscription());
            } else {
                cancel();
            }
            actual.onError(signalled(error));
        }

        private static void sneaky(Throwable error) {
            if (error instanceof Error fatal) {
                throw fatal;
            }
            throw (RuntimeException) error;
        }
    }
}
