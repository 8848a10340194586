// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which server may answer a read, and how old its answer may be. Immutable; each method gives a new preference.
 *
 * <pre>{@code
 * Mono<Long> fatal = datastore.reading(ReadPreference.PREFER_STANDBY.maxStaleness(Duration.ofSeconds(2)))
 *         .healthEvents()
 *         .count(Filter.eq("healthevent.isFatal", true));
 * }</pre>
 *
 * <p>A standby is used only while it shows everything that was committed {@link #maxStaleness(Duration)} ago, and only
 * if it follows the timeline of the primary.
 */
public final class ReadPreference {

    /** The bound on staleness unless {@link #maxStaleness(Duration)} says otherwise. */
    public static final Duration DEFAULT_MAX_STALENESS = Duration.ofSeconds(10);

    /** How long a standby is waited for unless {@link #after(ReadPosition, Duration)} says otherwise. */
    public static final Duration DEFAULT_WAIT = Duration.ofSeconds(1);

    /** The primary answers, which is the default. It is never stale, so bounds and positions do not matter. */
    public static final ReadPreference PRIMARY = new ReadPreference(Mode.PRIMARY, DEFAULT_MAX_STALENESS, null);

    /**
     * A standby answers if one can be used: it is reached, not too far behind, and does not cancel the read because it
     * replays what conflicts with it. Otherwise the primary answers.
     */
    public static final ReadPreference PREFER_STANDBY =
            new ReadPreference(Mode.PREFER_STANDBY, DEFAULT_MAX_STALENESS, null);

    /** A standby answers, and the read fails if none can be used. */
    public static final ReadPreference STANDBY = new ReadPreference(Mode.STANDBY, DEFAULT_MAX_STALENESS, null);

    private static final Duration LEAST_STALENESS = Duration.ofMillis(10);

    private static final Duration DAY = Duration.ofDays(1);

    private final Mode mode;
    private final Duration maxStaleness;
    private final @Nullable After after;

    /** Which servers may answer. */
    public enum Mode {
        /** The primary alone. */
        PRIMARY,
        /** A standby, or else the primary. */
        PREFER_STANDBY,
        /** A standby alone. */
        STANDBY
    }

    private record After(ReadPosition position, Duration within) {}

    private ReadPreference(Mode mode, Duration maxStaleness, @Nullable After after) {
        this.mode = mode;
        this.maxStaleness = maxStaleness;
        this.after = after;
    }

    /**
     * Bounds how stale an answer may be: a standby that does not show everything that was committed at the primary this
     * long ago is not used. The primary is asked for its position when that is not known otherwise, so an idle primary
     * makes no standby stale. While the primary cannot be reached, a standby is used until this time has passed.
     *
     * @param bound 10 ms to 1 d; default 10 s
     * @return the preference
     * @throws InvalidRequestException if it is out of range
     */
    public ReadPreference maxStaleness(Duration bound) {
        if (bound.compareTo(LEAST_STALENESS) < 0 || bound.compareTo(DAY) > 0) {
            throw new InvalidRequestException("maxStaleness must be 10 ms to 1 d, not " + bound);
        }
        return new ReadPreference(mode, bound, after);
    }

    /**
     * Asks to read what was written before: a standby is used only when it shows every write that was acknowledged before
     * the position was read. It is waited for up to 1 s.
     *
     * @param position from {@code Datastore.position()} after the write
     * @return the preference
     */
    public ReadPreference after(ReadPosition position) {
        return after(position, DEFAULT_WAIT);
    }

    /**
     * As {@link #after(ReadPosition)}, with a bound for the wait. A read of several pages may wait for each.
     *
     * @param position from {@code Datastore.position()} after the write
     * @param within how long to wait for a standby, 0 to 1 d; meanwhile the read holds a connection to it
     * @return the preference
     * @throws InvalidRequestException if the wait is out of range
     */
    public ReadPreference after(ReadPosition position, Duration within) {
        if (within.isNegative() || within.compareTo(DAY) > 0) {
            throw new InvalidRequestException("the wait for a position must be 0 to 1 d, not " + within);
        }
        return new ReadPreference(mode, maxStaleness, new After(position, within));
    }

    /**
     * Which servers may answer.
     *
     * @return the mode
     */
    public Mode mode() {
        return mode;
    }

    /**
     * How stale an answer may be.
     *
     * @return 10 ms to 1 d
     */
    public Duration maxStaleness() {
        return maxStaleness;
    }

    /**
     * Up to which position a standby must have replayed the log.
     *
     * @return null if that does not matter
     */
    public @Nullable ReadPosition after() {
        return after == null ? null : after.position;
    }

    /**
     * How long a standby is waited for that has not replayed up to {@link #after()}.
     *
     * @return 0 to 1 d; 0 if there is no such position
     */
    public Duration afterWithin() {
        return after == null ? Duration.ZERO : after.within;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ReadPreference that
                && mode == that.mode
                && maxStaleness.equals(that.maxStaleness)
                && Objects.equals(after, that.after);
    }

    @Override
    public int hashCode() {
        return Objects.hash(mode, maxStaleness, after);
    }

    @Override
    public String toString() {
        return "ReadPreference[" + mode + ", maxStaleness=" + maxStaleness
                + (after == null ? "" : ", after=" + after.position + " within " + after.within) + ']';
    }
}
