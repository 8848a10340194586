// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import org.jspecify.annotations.Nullable;

/** Where a watch starts that has not left off anywhere. */
public final class StartAt {

    private static final StartAt NOW = new StartAt(true, null);
    private static final StartAt BEGINNING = new StartAt(false, null);

    private final boolean now;
    private final @Nullable ResumeToken token;

    private StartAt(boolean now, @Nullable ResumeToken token) {
        this.now = now;
        this.token = token;
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
        return new StartAt(false, token);
    }

    boolean isNow() {
        return now;
    }

    @Nullable
    ResumeToken token() {
        return token;
    }
}
