// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

/** How many rows a page is asked to have where what it may hold is bounded by bytes too. */
public final class PageSize {

    private PageSize() {}

    /**
     * As many as fit if they have the size of the last documents. The results are few, since each is another statement
     * to prepare: the most, half of it, a quarter and so on.
     *
     * @param most the most rows of a page
     * @param rows how many were read
     * @param bytes how large these were together
     * @param mostBytes a page ends with the row that reaches this
     * @return 1 to {@code most}
     */
    public static int next(int most, int rows, long bytes, long mostBytes) {
        double fitting = Math.ceil(rows * (double) mostBytes / bytes);
        int next = most;
        while (next > 1 && next > fitting) {
            next /= 2;
        }
        return next;
    }
}
