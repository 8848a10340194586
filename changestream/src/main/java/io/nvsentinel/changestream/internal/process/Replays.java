// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.process.DeadLetterTable.Letter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Looks once a second for dead letters whose replay was requested. For one owner of a client name. */
public final class Replays {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final Set<Long> processing = ConcurrentHashMap.newKeySet();

    /**
     * A dead letter is processed: it was removed, or stored again.
     *
     * @param letter its id
     */
    public void processed(long letter) {
        processing.remove(letter);
    }

    /**
     * The dead letters to replay. Each is emitted once until it is processed.
     *
     * @param letters the table
     * @param name the client, or the group of which it is a partition
     * @param mine selects the dead letters of removed partitions that belong to this owner
     * @param timer provides delays
     * @return cold; emits them as they are requested, in the order of the changes; never completes
     */
    public Flux<Letter> of(DeadLetterTable letters, String name, Predicate<Letter> mine, Scheduler timer) {
        return Mono.delay(LOOK_EVERY, timer)
                .then(Mono.defer(() -> letters.claim(name, mine, processing)))
                .doOnNext(batch -> batch.forEach(letter -> processing.add(letter.id())))
                .onErrorResume(Outages::mayPass, error -> {
                    LOG.debug("Dead letters could not be read; trying again", error);
                    return Mono.just(List.of());
                })
                .repeat()
                .concatMapIterable(batch -> batch, 1);
    }
}
