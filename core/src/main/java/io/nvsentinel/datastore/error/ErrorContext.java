// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * The context of an error. It contains only names and states, never a value of a document.
 *
 * @param action the operation, for example {@code Insert into health_events}
 * @param attempt the number of the attempt, 1 if there is only one
 * @param sqlState the server's SQLSTATE, or null if the server did not answer
 * @param constraint the constraint or unique index that rejected the write, or null
 */
public record ErrorContext(
        String action,
        int attempt,
        @Nullable String sqlState,
        @Nullable String constraint) {

    /**
     * The context of an error that is no constraint's, in the first attempt.
     *
     * @param action what was being done
     * @param sqlState the server's SQLSTATE, or null
     */
    public ErrorContext(String action, @Nullable String sqlState) {
        this(action, 1, sqlState, null);
    }

    String describe(String reason) {
        return action + ": " + reason + (sqlState == null ? "" : " (SQLSTATE " + sqlState + ")");
    }
}
