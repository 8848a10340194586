// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/** What a watch does when it cannot go on where it was, because that part of the history is gone or was rewritten. */
public enum OnHistoryLost {

    /** It ends with {@link HistoryLostException} or {@link HistoryForkedException}: somebody has to decide. */
    FAIL,

    /** It goes on with the oldest change that is kept. What was between is missing, and what it had may come again. */
    START_AT_OLDEST,

    /** It goes on as {@link StartAt#snapshot()} does: with every record there is, then their changes. */
    TAKE_SNAPSHOT
}
