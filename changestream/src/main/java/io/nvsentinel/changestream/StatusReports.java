// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.capture.CaptureStates;
import io.nvsentinel.changestream.internal.changelog.Lags;
import io.nvsentinel.changestream.internal.client.ClientNames;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * What can be asked about the streams of one process and about all clients.
 *
 * @param datastore what is watched
 * @param lags reads how far clients are behind
 * @param captureStates reads which collections are not captured
 * @param stalls what stands still here
 * @param live what happened last here
 * @param listens whether notifications are used
 */
record StatusReports(
        DefaultDatastore datastore,
        Lags lags,
        CaptureStates captureStates,
        Stalls stalls,
        LiveStatus live,
        boolean listens) {

    private static final Duration HEALTH_WITHIN = Duration.ofSeconds(5);

    Mono<ClientLag> lag(String clientName) {
        return ClientNames.using(
                        clientName, name -> name.isBlank() ? Mono.just(List.<ClientLag>of()) : lags.read(List.of(name)))
                .flatMap(known -> Mono.justOrEmpty(known.stream().findFirst()));
    }

    Mono<ChangeStreamStatus> status() {
        return lags.size()
                .flatMap(size -> lags.readAll()
                        .map(clients -> new ChangeStreamStatus(
                                live.listening(), live.gap(), live.lastError(), size.rows(), size.bytes(), clients)));
    }

    Mono<Health> health() {
        Mono<Optional<ChangeStreamStatus>> told =
                status().timeout(HEALTH_WITHIN).map(Optional::of).onErrorReturn(Optional.empty());
        Mono<List<String>> notCaptured =
                captureStates.disabled().timeout(HEALTH_WITHIN).onErrorReturn(List.of());
        return Mono.zip(datastore.health(HEALTH_WITHIN), told, notCaptured)
                .map(all -> new StreamHealth(stalls.watches(), listens, live, all.getT3(), stalls.found())
                        .on(all.getT1(), all.getT2()));
    }
}
