// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Connects before the first request, samples for the metrics, and closes. Watches end before the datastore does, which is why
 * one observer closes both: disposers of beans have no order.
 */
@Singleton
final class Lifecycle {

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(20);

    private final MutinyEvents events;
    private final DatastoreMetrics metrics;
    private Disposable sampling = Disposables.disposed();

    Lifecycle(MutinyEvents events, DatastoreMetrics metrics) {
        this.events = events;
        this.metrics = metrics;
    }

    void start(@Observes StartupEvent started) {
        sampling = metrics.keepSampling().subscribe();
    }

    void stop(@Observes ShutdownEvent stopped) {
        sampling.dispose();
        events.close().await().atMost(CLOSE_WITHIN);
    }
}
