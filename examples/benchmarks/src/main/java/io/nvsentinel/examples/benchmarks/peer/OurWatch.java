// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Watches through this library, with one or more subscribers. */
public final class OurWatch implements ChangePeer {

    private static final Duration WAIT = Duration.ofSeconds(30);

    private final Ours ours;
    private final Disposable watches;

    private OurWatch(Ours ours, Disposable watches) {
        this.ours = ours;
        this.watches = watches;
    }

    /**
     * Starts.
     *
     * @param database the database
     * @param subscribers the number of concurrent watches
     * @param arrivals notified of each change by every subscriber
     * @return the running peer
     * @throws InterruptedException if interrupted
     */
    public static OurWatch start(Database database, int subscribers, Arrivals arrivals) throws InterruptedException {
        Ours ours = Ours.connect(database);
        CountDownLatch subscribed = new CountDownLatch(subscribers);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Disposable watches = Flux.range(0, subscribers)
                .flatMap(i -> ours.watch(StartAt.now(), null, subscribed::countDown), subscribers)
                .subscribe(change -> arrivals.arrived(), failure::set);
        if (!subscribed.await(WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
            ours.close();
            throw new IllegalStateException("The watch does not start", failure.get());
        }
        return new OurWatch(ours, watches);
    }

    @Override
    public void close() {
        watches.dispose();
        ours.close();
    }
}
