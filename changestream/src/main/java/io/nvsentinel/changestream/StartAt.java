// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a watch starts if its client has no stored position. Immutable. */
public final class StartAt {

    private static final StartAt NOW = new StartAt(true, null, null);
    private static final StartAt BEGINNING = new StartAt(false, null, null);

    private static final StartAt SNAPSHOT = new StartAt(false, null, null);

    private final boolean now;
    private final @Nullable ResumeToken token;
    private final @Nullable Instant time;

    private StartAt(boolean now, @Nullable ResumeToken token, @Nullable Instant time) {
        this.now = now;
        this.token = token;
        this.time = time;
    }

    /**
     * Changes that are committed after the subscription, in the order of the database.
     *
     * @return the start
     */
    public static StartAt now() {
        return NOW;
    }

    /**
     * The oldest kept change.
     *
     * @return the start
     */
    public static StartAt beginning() {
        return BEGINNING;
    }

    /**
     * The change after the change of a token.
     *
     * @param token of an event or a watch on the same database
     * @return the start
     */
    public static StartAt after(ResumeToken token) {
        return new StartAt(false, Objects.requireNonNull(token, "token"), null);
    }

    /**
     * The first change, in the order of delivery, that was made at a time or later, by {@link ChangeEvent#changedAt()}.
     * The order of delivery differs slightly from the order of times, so a few earlier changes may follow; no change
     * that was made at the time or later is missed. If that part of the history may have been removed, the watch fails
     * with {@link HistoryLostException}. A future time means now. Opening reads all changes since that time once,
     * without their documents.
     *
     * @param time the time, by the database's clock
     * @return the start
     */
    public static StartAt at(Instant time) {
        return new StartAt(false, null, Objects.requireNonNull(time, "time"));
    }

    /**
     * Every existing record as an event with {@link Operation#SNAPSHOT}, followed by its changes in their true order:
     * none is missing or repeated, and together they result in the state of the collection. Records are delivered page
     * by page, each in its state when its page was read, and changes of delivered records are delivered in between; so
     * no transaction stays open, and a slow subscriber does not block others. The filter also applies to the records,
     * with the {@code operationType} {@code existing}.
     *
     * <p>A position is stored only when all records are delivered and acknowledged. A client that stops before that, or
     * a watch that starts after a token from before that, gets a new snapshot. Not for {@link ChangeStreams#watchAll}.
     *
     * @return the start
     */
    public static StartAt snapshot() {
        return SNAPSHOT;
    }

    boolean isSnapshot() {
        return this == SNAPSHOT;
    }

    boolean isNow() {
        return now;
    }

    @Nullable
    ResumeToken token() {
        return token;
    }

    @Nullable
    Instant time() {
        return time;
    }
}
