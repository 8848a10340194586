// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import io.micrometer.core.instrument.MeterRegistry;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import reactor.core.Disposable;

/** The guide's example. */
final class MetricsExample {

    private MetricsExample() {}

    static Disposable measure(DatastoreOptions options, MeterRegistry registry) {
        DatastoreMetrics metrics = new DatastoreMetrics();
        metrics.bindTo(registry);
        Datastore datastore = Datastore.connect(options, metrics).block();
        Disposable sampling = metrics.keepSampling().subscribe();
        ChangeStreams streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listener(new ChangeStreamMetrics(registry))
                        .build());
        return () -> {
            sampling.dispose();
            streams.close().then(datastore.close()).block();
        };
    }
}
