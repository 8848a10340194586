// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a result.
 *
 * @param rows the rows
 * @param next the start of the next part, or null if this is the last
 * @param <R> the rows
 */
record Page<R>(List<R> rows, @Nullable Cursor next) {

    /**
     * The start of a page.
     *
     * @param keys the sort keys of the last row before it
     * @param remaining how many rows may follow
     * @param most how many rows to ask for
     */
    record Cursor(List<Object> keys, long remaining, int most) {}
}
