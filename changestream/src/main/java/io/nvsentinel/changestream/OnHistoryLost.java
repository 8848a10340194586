// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/**
 * What a watch does when it cannot continue at its position, because that part of the history was removed or rewritten.
 * It does so each time: immediately, and if it happens again within a minute, after exponential pauses of up to 10 s.
 */
public enum OnHistoryLost {

    /**
     * It ends with {@link HistoryLostException} or {@link HistoryForkedException}, so that the application or an
     * operator decides.
     */
    FAIL,

    /**
     * It continues with the oldest kept change and delivers each change once. The changes in between are missing, and
     * changes that were already delivered may be delivered again. A named client whose database was restored, or failed
     * over and lost commits, continues from the position that is stored there, if the changelog still has it.
     */
    START_AT_OLDEST,

    /** It continues as {@link StartAt#snapshot()} does: with every record there is, then their changes, each one once. */
    TAKE_SNAPSHOT
}
