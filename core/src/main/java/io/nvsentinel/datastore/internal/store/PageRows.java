// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a page of the rows of one statement, in their order. Only of a row that ends the page the sort keys are read: reading
 * them of each would be a good part of a scan's cost.
 *
 * @param <R> what a row becomes
 */
final class PageRows<R> {

    private final PageSql sql;
    private final Function<Readable, R> reader;
    private int count;
    private @Nullable List<Object> lastKeys;

    PageRows(PageSql sql, Function<Readable, R> reader) {
        this.sql = sql;
        this.reader = reader;
    }

    /**
     * Reads the next row.
     *
     * @param total the size of the page up to the row
     */
    R read(Readable row, long total) {
        count++;
        if (count == sql.pageSize() || total >= PageSql.MAX_BYTES) {
            lastKeys = sql.keyset().read(row);
        }
        return reader.apply(row);
    }

    /**
     * The page, when all rows are read.
     *
     * @param rows what was read
     * @param remaining how many rows may be given
     */
    Page<R> page(List<R> rows, long remaining) {
        if (rows.size() >= remaining) {
            return new Page<>(rows.subList(0, (int) remaining), null);
        }
        return new Page<>(rows, lastKeys == null ? null : new Page.Cursor(lastKeys, remaining - rows.size()));
    }
}
