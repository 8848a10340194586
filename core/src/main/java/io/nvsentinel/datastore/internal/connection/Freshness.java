// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.internal.connection.server.LogPosition;
import io.nvsentinel.datastore.internal.connection.server.Primary;
import io.nvsentinel.datastore.internal.connection.server.Replay;
import io.nvsentinel.datastore.query.ReadPosition;
import io.nvsentinel.datastore.query.ReadPreference;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Whether servers are fresh enough to be read from, measured by the primary's position, which is asked for when it is too
 * old to decide. Thread-safe.
 */
final class Freshness {

    /** Between two looks at a standby that has not replayed up to a position. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    /** How long a standby may take to replay what the primary has written when it was asked, for instance while it is idle. */
    private static final Duration SETTLE = Duration.ofMillis(100);

    /** A younger position of the primary decides; asking again would only load the primary. */
    private static final Duration YOUNG = Duration.ofSeconds(1);

    private final Primary primary;
    private final Mono<LogPosition> ask;
    private final Scheduler timer;
    private volatile @Nullable Known last;

    /** A position, and the timeline that the primary had then: a position of another timeline is of another history. */
    private record Known(LogPosition position, @Nullable String timeline) {}

    /**
     * Asks nothing yet.
     *
     * @param primary whose timeline counts
     * @param ask asks the primary for its position
     * @param timer measures the bounds
     */
    Freshness(Primary primary, Mono<LogPosition> ask, Scheduler timer) {
        this.primary = primary;
        this.ask = ask.doOnNext(position -> last = new Known(position, primary.timeline()));
        this.timer = timer;
    }

    private @Nullable LogPosition known() {
        Known known = last;
        return known != null && Objects.equals(known.timeline(), primary.timeline()) ? known.position() : null;
    }

    /** Asks the primary for its position, which also serves the next decisions. */
    Mono<LogPosition> position() {
        return ask;
    }

    /** Why a server is not used for a read. */
    static final class NotFresh extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final long looksEnd;
        private final boolean ofPosition;

        private NotFresh(String reason, long looksEnd, boolean ofPosition) {
            super(reason, null, false, false);
            this.looksEnd = looksEnd;
            this.ofPosition = ofPosition;
        }

        /** Whether only the position that the caller asks for is missing, which says nothing about the server. */
        boolean isOfPosition() {
            return ofPosition;
        }
    }

    /**
     * Looks whether a server is fresh enough, again and again as long as the preference waits for a position.
     *
     * @param look asks the server
     * @return cold; completes if it is; fails with {@link NotFresh} if not
     */
    Mono<Void> require(ReadPreference preference, Mono<Replay> look) {
        return Mono.defer(() -> {
            long begun = System.nanoTime();
            return look.flatMap(replay -> judge(preference, replay, begun))
                    .retryWhen(Retry.from(failures -> failures.concatMap(signal ->
                            mayCome(signal.failure()) ? Mono.delay(PAUSE, timer) : Mono.error(signal.failure()))));
        });
    }

    private static boolean mayCome(Throwable failure) {
        return failure instanceof NotFresh late && System.nanoTime() - late.looksEnd < 0;
    }

    private Mono<Void> judge(ReadPreference preference, Replay replay, long begun) {
        ReadPosition after = preference.after();
        if (after != null && replay.lsn() < after.lsn()) {
            Duration within = preference.afterWithin();
            return Mono.error(new NotFresh(
                    "has not replayed up to " + after + " within " + within.toMillis() + " ms",
                    begun + within.toNanos(),
                    true));
        }
        if (objection(preference, replay) == null) {
            return Mono.empty();
        }
        Mono<LogPosition> newer = isYoung(preference)
                ? Mono.empty()
                : ask.timeout(StandbyHost.BOUND, timer).onErrorComplete();
        return newer.then(Mono.defer(() -> decide(objection(preference, replay), begun)));
    }

    /** What the primary wrote just before it was asked may be on its way: the server is looked at again for a moment. */
    private Mono<Void> decide(@Nullable String objection, long begun) {
        LogPosition known = known();
        boolean wasAsked = known != null && known.asked() - begun >= 0;
        return objection == null
                ? Mono.empty()
                : Mono.error(new NotFresh(objection, wasAsked ? begun + SETTLE.toNanos() : begun, false));
    }

    private boolean isYoung(ReadPreference preference) {
        LogPosition known = known();
        Duration half = preference.maxStaleness().dividedBy(2);
        return known != null
                && System.nanoTime() - known.asked() < (half.compareTo(YOUNG) < 0 ? half : YOUNG).toNanos();
    }

    /** A server of another timeline has another history, regardless of its position. */
    private @Nullable String objection(ReadPreference preference, Replay replay) {
        String written = primary.timeline();
        String followed = replay.timeline();
        if (written != null && followed != null && !written.equals(followed)) {
            return "has timeline " + followed + ", and the primary has " + written;
        }
        if (!replay.standby()) {
            return written != null && followed != null ? null : "has been promoted, and its timeline is not known";
        }
        LogPosition known = known();
        Duration staleness = known == null ? null : replay.staleness(known, System.nanoTime());
        if (staleness == null) {
            return "may lag behind the primary by any time";
        }
        return staleness.compareTo(preference.maxStaleness()) <= 0
                ? null
                : "may lag behind the primary by " + staleness.toMillis() + " ms, and maxStaleness is "
                        + preference.maxStaleness().toMillis() + " ms";
    }
}
