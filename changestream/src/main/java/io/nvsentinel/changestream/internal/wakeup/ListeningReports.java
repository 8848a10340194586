// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import io.nvsentinel.changestream.ChangeStreamListener;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reports whether LISTEN works, one report after another and for the newest run only.
 *
 * <p>A run may be cancelled while the server answers its LISTEN on another thread. Without this class the answer could be
 * reported after the end, and nothing would ever correct it. Thread-safe; holds no lock while the listener runs.
 */
final class ListeningReports {

    /** The time from the first watch that is opened to the end of the last one. */
    static final class Run {}

    private final ChangeStreamListener listener;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger undelivered = new AtomicInteger();
    private @Nullable Run current;

    ListeningReports(ChangeStreamListener listener) {
        this.listener = listener;
    }

    /** Begins a run, and ends the one before if its end was not reported yet. */
    Run begin() {
        Run run = new Run();
        synchronized (this) {
            if (current != null) {
                waiting.add(listener::onListeningEnded);
            }
            current = run;
        }
        deliver();
        return run;
    }

    void listening(Run run) {
        report(run, listener::onListening);
    }

    void pollingOnly(Run run, Throwable cause) {
        report(run, () -> listener.onPollingOnly(cause));
    }

    /** Ends a run, after which it reports nothing. */
    void end(Run run) {
        synchronized (this) {
            if (current != run) {
                return;
            }
            current = null;
            waiting.add(listener::onListeningEnded);
        }
        deliver();
    }

    private void report(Run run, Runnable report) {
        synchronized (this) {
            if (current != run) {
                return;
            }
            waiting.add(report);
        }
        deliver();
    }

    /** One thread at a time delivers, also what other threads add meanwhile. */
    private void deliver() {
        if (waiting.isEmpty() || undelivered.getAndIncrement() > 0) {
            return;
        }
        do {
            for (Runnable next = waiting.poll(); next != null; next = waiting.poll()) {
                next.run();
            }
        } while (undelivered.decrementAndGet() > 0);
    }
}
