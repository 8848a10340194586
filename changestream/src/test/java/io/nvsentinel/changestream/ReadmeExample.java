// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The README's examples, between markers; {@link ReadmeExampleTest} compares them with the README and runs the second. */
final class ReadmeExample {

    private final Function<ChangeEvent<HealthEventDocument>, Mono<Void>> handler;

    ReadmeExample(Function<ChangeEvent<HealthEventDocument>, Mono<Void>> handler) {
        this.handler = handler;
    }

    void run() {
        // example 1 begins
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
        // example 1 ends
    }

    static Mono<Long> use(Datastore datastore) {
        // example 2 begins
        HealthEventStore events = datastore.healthEvents();
        HealthEvent event = HealthEvent.builder()
                .nodeName("gpu-node-1")
                .checkName("GpuXidError")
                .isFatal(true)
                .errorCode(List.of("79"))
                .build();
        Mono<UUID> inserted = events.insert(HealthEventDocument.of(Instant.now(), event));
        return inserted.flatMap(id -> events.updateNodeQuarantineStatus(id, Status.QUARANTINED))
                .thenMany(events.findByNode("gpu-node-1"))
                .count();
        // example 2 ends
    }

    Mono<Void> process(Datastore datastore, ChangeStreams streams, WatchOptions options) {
        // example 3 begins
        ProcessorOptions processing = ProcessorOptions.builder()
                .concurrency(8)
                .onFailure(OnFailure.DEAD_LETTER)
                .build();
        return streams.process(datastore.healthEvents(), options, processing, this::drain);
        // example 3 ends
    }

    private Mono<Void> drain(ChangeEvent<HealthEventDocument> change) {
        return handler.apply(change);
    }
}
