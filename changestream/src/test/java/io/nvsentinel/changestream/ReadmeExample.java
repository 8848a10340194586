// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The README's example, between the two markers; {@link ReadmeExampleTest} compares them. */
final class ReadmeExample {

    private final Function<ChangeEvent<HealthEventDocument>, Mono<Void>> handler;

    ReadmeExample(Function<ChangeEvent<HealthEventDocument>, Mono<Void>> handler) {
        this.handler = handler;
    }

    void run() {
        // README begins
        Datastore datastore =
                Datastore.connect(DatastoreOptions.fromEnvironment()).block();
        ChangeStreams streams = ChangeStreams.of(datastore);
        WatchOptions options = WatchOptions.builder().clientName("drainer").build();
        try {
            streams.watch(datastore.healthEvents(), options)
                    .concatMap(change -> drain(change).doOnSuccess(done -> change.acknowledge()))
                    .blockLast();
        } finally {
            streams.close().then(datastore.close()).block();
        }
        // README ends
    }

    Mono<Void> process(Datastore datastore, ChangeStreams streams, WatchOptions options) {
        // The README's second example begins
        ProcessorOptions processing = ProcessorOptions.builder()
                .concurrency(8)
                .onFailure(OnFailure.DEAD_LETTER)
                .build();
        return streams.process(datastore.healthEvents(), options, processing, this::drain);
        // The README's second example ends
    }

    private Mono<Void> drain(ChangeEvent<HealthEventDocument> change) {
        return handler.apply(change);
    }
}
