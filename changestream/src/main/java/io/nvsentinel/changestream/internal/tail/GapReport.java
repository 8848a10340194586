// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tracks gaps, and reports once the blocking transactions of a gap that is older than a second. Used by one step at a
 * time.
 */
final class GapReport {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.gaps");
    private static final long REPORT_AFTER_MILLIS = 1_000;

    private final ChangelogReader reader;
    private final Scheduler clock;
    private final ChangeStreamListener listener;
    private long gapAt = -1;
    private long since;
    private boolean reported;

    GapReport(ChangelogReader reader, Scheduler clock, ChangeStreamListener listener) {
        this.reader = reader;
        this.clock = clock;
        this.listener = listener;
    }

    Mono<Void> observe(TailState state) {
        long now = clock.now(TimeUnit.MILLISECONDS);
        if (gapAt >= 0 && (!state.hasGap() || gapAt != state.position())) {
            if (reported) {
                LOG.info(
                        "Blocking transactions have ended: changes after position {} are delivered "
                                + "again, after {} ms",
                        gapAt,
                        now - since);
            }
            listener.onGapClosed(gapAt, Duration.ofMillis(now - since));
            gapAt = -1;
        }
        if (!state.hasGap()) {
            return Mono.empty();
        }
        if (gapAt < 0) {
            gapAt = state.position();
            since = now;
            reported = false;
            listener.onGapOpened(gapAt);
        }
        if (reported || now - since < REPORT_AFTER_MILLIS || state.fences().isEmpty()) {
            return Mono.empty();
        }
        reported = true;
        return report(gapAt, state.fences().get(0).holders());
    }

    private Mono<Void> report(long position, Set<Long> holders) {
        return reader.holderNames(holders)
                .filter(names -> !names.isEmpty())
                .doOnNext(names -> {
                    LOG.warn(
                            "Change stream is blocked: changes after position {} are delivered when "
                                    + "these transactions have ended: {}",
                            position,
                            Printable.line(String.join("; ", names)));
                    listener.onGapHeld(position, names);
                })
                .then();
    }
}
