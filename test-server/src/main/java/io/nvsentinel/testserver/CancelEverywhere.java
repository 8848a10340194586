// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Operators;
import reactor.core.publisher.SignalType;
import reactor.util.context.Context;

/**
 * Runs something again and again, and cancels it just before its first, second, third ... signal: each subscription and
 * each element that an operator hands to the next, also within the driver. So every place is tried at which a cancellation
 * can come while one of them is on its way, which no number of random moments does.
 *
 * <p>Only operators that are assembled while it runs are seen. It puts a hook into Reactor for that time, so nothing else
 * may use Reactor meanwhile.
 */
public final class CancelEverywhere {

    private static final String HOOK = CancelEverywhere.class.getName();
    private static final int MOST = 10_000;

    /** Not each run has as many elements: a statement may be prepared already, or two things come in one. */
    private static final int UNREACHED = 5;

    private final Duration patience;
    private final Predicate<Object> counts;
    private final Runnable meanwhile;
    private final AtomicInteger left = new AtomicInteger();
    private final AtomicReference<@Nullable Disposable> running = new AtomicReference<>();

    /**
     * Cancels before elements only, which takes half the time or less.
     *
     * @param patience how long one run may take to its cancellation or its end
     */
    public CancelEverywhere(Duration patience) {
        this(patience, signal -> !(signal instanceof Subscription), () -> {});
    }

    /**
     * Cancels before subscriptions too.
     *
     * @param patience how long one run may take to its cancellation or its end
     * @return nothing runs yet
     */
    public static CancelEverywhere alsoSubscribing(Duration patience) {
        return new CancelEverywhere(patience, signal -> true, () -> {});
    }

    /**
     * Creates a runner; nothing runs yet.
     *
     * @param patience how long one run may take until its cancellation or end
     * @param counts before which elements and subscriptions to cancel
     * @param meanwhile an action between the cancellation and the delivery of the signal
     */
    public CancelEverywhere(Duration patience, Predicate<Object> counts, Runnable meanwhile) {
        this.patience = patience;
        this.counts = counts;
        this.meanwhile = meanwhile;
    }

    /**
     * Runs the work once for each place of cancellation.
     *
     * @param work the work; its argument is the number of the run, from 1
     * @param enough whether an emitted element is the last one of interest; the runs end when some of them have reached
     *     it without being cancelled
     * @param <T> the elements
     * @return the last place at which a run was cancelled
     */
    public <T> int run(IntFunction<Publisher<T>> work, Predicate<T> enough) {
        Hooks.onEachOperator(HOOK, Operators.<Object, Object>lift((scannable, actual) -> new Counting<>(actual)));
        try {
            int last = 0;
            for (int place = 1; place <= MOST; place++) {
                if (isCancelledAt(place, work.apply(place), enough)) {
                    last = place;
                } else if (place - last == UNREACHED) {
                    return last;
                }
            }
            throw new AssertionError("It has more than " + MOST + " signals");
        } finally {
            left.set(0);
            Hooks.resetOnEachOperator(HOOK);
        }
    }

    private <T> boolean isCancelledAt(int place, Publisher<T> work, Predicate<T> enough) {
        AtomicReference<@Nullable SignalType> end = new AtomicReference<>();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        // Can be cancelled before it has a subscription.
        BaseSubscriber<T> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnError(Throwable error) {
                failure.set(error);
            }
        };
        running.set(subscriber);
        left.set(place);
        Flux.from(work).takeUntil(enough).doFinally(end::set).subscribe(subscriber);
        SignalType ended = Await.until("the end of run " + place, patience, end::get, Objects::nonNull);
        left.set(0);
        Throwable error = failure.get();
        if (error != null) {
            throw new AssertionError("Run " + place + " failed", error);
        }
        return ended == SignalType.CANCEL;
    }

    private void before(Object signal) {
        if (counts.test(signal) && left.getAndUpdate(n -> Math.max(0, n - 1)) == 1) {
            Objects.requireNonNull(running.get()).dispose();
            meanwhile.run();
        }
    }

    private final class Counting<T> implements CoreSubscriber<T> {

        private final CoreSubscriber<? super T> actual;

        private Counting(CoreSubscriber<? super T> actual) {
            this.actual = actual;
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            before(subscription);
            actual.onSubscribe(subscription);
        }

        @Override
        public void onNext(T element) {
            before(element);
            actual.onNext(element);
        }

        @Override
        public void onError(Throwable error) {
            actual.onError(error);
        }

        @Override
        public void onComplete() {
            actual.onComplete();
        }
    }
}
