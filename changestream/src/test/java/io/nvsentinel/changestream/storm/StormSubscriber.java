// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

/** Asks for a few changes at a time, thinks, and asks again. */
final class StormSubscriber extends BaseSubscriber<Change> {

    private final List<Change> received = Collections.synchronizedList(new ArrayList<>());
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Random random;
    private final int most;
    private final Duration thinks;
    private int open;

    /**
     * A subscriber.
     *
     * @param random how much it asks for each time
     * @param most the most that it asks for
     * @param thinks the longest that it thinks before it asks again
     */
    StormSubscriber(Random random, int most, Duration thinks) {
        this.random = random;
        this.most = most;
        this.thinks = thinks;
    }

    List<Change> received() {
        synchronized (received) {
            return List.copyOf(received);
        }
    }

    long lastId() {
        synchronized (received) {
            return received.isEmpty() ? 0 : received.get(received.size() - 1).id();
        }
    }

    @Nullable
    Throwable failure() {
        return failure.get();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        ask();
    }

    @Override
    protected void hookOnNext(Change change) {
        received.add(change);
        if (open <= 0) {
            failure.compareAndSet(null, new AssertionError("More than was asked for: " + change));
        }
        if (--open == 0) {
            long millis = thinks.isZero() ? 0 : random.nextInt((int) thinks.toMillis() + 1);
            if (millis == 0) {
                ask();
            } else {
                Schedulers.parallel().schedule(this::ask, millis, TimeUnit.MILLISECONDS);
            }
        }
    }

    private void ask() {
        open = 1 + random.nextInt(most);
        request(open);
    }

    @Override
    protected void hookOnError(Throwable error) {
        failure.compareAndSet(null, error);
    }
}
