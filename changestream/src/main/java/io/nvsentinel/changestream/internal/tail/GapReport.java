// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Says who holds a gap open, once for each gap that is older than a second. Used by one step at a time. */
final class GapReport {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.gaps");
    private static final long REPORT_AFTER_MILLIS = 1_000;

    private final ChangelogReader reader;
    private final Scheduler clock;
    private long gapAt = -1;
    private long since;
    private boolean reported;

    GapReport(ChangelogReader reader, Scheduler clock) {
        this.reader = reader;
        this.clock = clock;
    }

    Mono<Void> observe(TailState state) {
        if (!state.hasGap()) {
            gapAt = -1;
            return Mono.empty();
        }
        long now = clock.now(TimeUnit.MILLISECONDS);
        if (gapAt != state.position()) {
            gapAt = state.position();
            since = now;
            reported = false;
        }
        if (reported || now - since < REPORT_AFTER_MILLIS || state.fences().isEmpty()) {
            return Mono.empty();
        }
        reported = true;
        return report(state.position(), state.fences().get(0).holders());
    }

    private Mono<Void> report(long position, Set<Long> holders) {
        return reader.holderNames(holders)
                .filter(names -> !names.isEmpty())
                .doOnNext(names -> LOG.warn(
                        "No change behind position {} can be delivered until these have ended: {}",
                        position,
                        String.join("; ", names)))
                .then();
    }
}
