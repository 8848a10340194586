// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/**
 * What a watch does when it cannot continue where it was, because that part of the history is gone or was rewritten. It does so
 * each time: at once, and if that happens again within a minute after growing pauses of up to 10 s.
 */
public enum OnHistoryLost {

    /** It ends with {@link HistoryLostException} or {@link HistoryForkedException}: somebody has to decide. */
    FAIL,

    /**
     * It continues with the oldest change that is kept, each one once. What was between is missing, and what it had may come
     * again. A named client whose database was restored, or failed over and lost commits, continues from the position that is
     * stored there, if the changelog still has it.
     */
    START_AT_OLDEST,

    /** It continues as {@link StartAt#snapshot()} does: with every record there is, then their changes, each one once. */
    TAKE_SNAPSHOT
}
