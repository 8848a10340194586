// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.process.DeadLetterTable.Letter;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Queries, once a second, the dead letters for which a replay was requested. */
public final class Replays {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private Replays() {}

    /**
     * The dead letters to replay.
     *
     * @param letters the table
     * @param name the client, or the group of which it is a partition
     * @param mine selects the dead letters of removed partitions that belong to this owner
     * @param timer provides delays
     * @return cold; emits them as they are requested, in the order of the changes; never completes
     */
    public static Flux<Letter> of(DeadLetterTable letters, String name, Predicate<Letter> mine, Scheduler timer) {
        return Mono.delay(LOOK_EVERY, timer)
                .then(letters.claim(name, mine))
                .onErrorResume(Outages::mayPass, error -> {
                    LOG.debug("Dead letters could not be read; trying again", error);
                    return Mono.just(List.of());
                })
                .repeat()
                .concatMapIterable(batch -> batch, 1);
    }
}
