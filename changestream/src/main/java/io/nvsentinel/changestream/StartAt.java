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
     * Changes committed after the watch is subscribed. The database says when that is.
     *
     * @return the start
     */
    public static StartAt now() {
        return NOW;
    }

    /**
     * The oldest change that is kept.
     *
     * @return the start
     */
    public static StartAt beginning() {
        return BEGINNING;
    }

    /**
     * The change after a token's.
     *
     * @param token of an event or a watch on the same database
     * @return the start
     */
    public static StartAt after(ResumeToken token) {
        return new StartAt(false, Objects.requireNonNull(token, "token"), null);
    }

    /**
     * The first change, in the order of delivery, that was made at a time or later, by {@link ChangeEvent#changedAt()}. That
     * order runs against the time by a little, so a few earlier changes may follow; none that was made at the time or
     * later is missed. If that part of the history may be gone the watch fails with {@link HistoryLostException}. A time
     * still to come means now. Opening reads all changes made since then once, without their documents.
     *
     * @param time the time, by the database's clock
     * @return the start
     */
    public static StartAt at(Instant time) {
        return new StartAt(false, null, Objects.requireNonNull(time, "time"));
    }

    /**
     * Every record there is, as events with {@link Operation#SNAPSHOT}, and from each on its changes in their true
     * order: none is missing, none is repeated, and together they give the state of the collection. Records are
     * delivered page by page, each in its state when its page was read, and changes of delivered records are delivered
     * in between; so no transaction stays open, and a slow subscriber holds nothing back. The filter applies to the
     * records too, with the {@code operationType} {@code existing}.
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
