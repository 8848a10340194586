// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes a page of the rows of one statement, in their order. It ends with the row that fills it: what the server has sent
 * beyond is passed over, and read again with the next page, which is asked to be smaller. Only of a row that ends the page
 * the sort keys are read: reading them of each would be a good part of a scan's cost.
 *
 * @param <R> what a row becomes
 */
final class PageRows<R> {

    /** A page ends with the document that reaches this. */
    private static final int MAX_BYTES = 4 * 1024 * 1024;

    private final PageSql sql;
    private final int most;
    private final Function<Readable, R> reader;
    private final ToIntFunction<R> size;
    private final List<R> rows = new ArrayList<>();
    private long bytes;
    private @Nullable List<Object> lastKeys;

    /**
     * No rows yet.
     *
     * @param most how many the statement asks for
     * @param reader reads a row
     * @param size how many bytes of memory a row is worth
     */
    PageRows(PageSql sql, int most, Function<Readable, R> reader, ToIntFunction<R> size) {
        this.sql = sql;
        this.most = most;
        this.reader = reader;
        this.size = size;
    }

    /**
     * Runs the statement.
     *
     * @param remaining how many rows may be emitted
     * @return emits the page when all rows have arrived
     */
    Mono<Page<R>> of(Statement statement, long remaining) {
        return Rows.each(statement, this::add).then(Mono.fromSupplier(() -> page(remaining)));
    }

    /** How many are asked for. */
    int most() {
        return most;
    }

    /** How many have been read so far. */
    int count() {
        return rows.size();
    }

    private void add(Readable row) {
        if (lastKeys != null) {
            return;
        }
        R read = reader.apply(row);
        rows.add(read);
        bytes += size.applyAsInt(read);
        if (rows.size() == most || bytes >= MAX_BYTES) {
            lastKeys = sql.keyset().read(row);
        }
    }

    private Page<R> page(long remaining) {
        if (rows.size() >= remaining) {
            return new Page<>(rows.subList(0, (int) remaining), null);
        }
        int next = PageSize.next(sql.pageSize(), rows.size(), bytes, MAX_BYTES);
        return new Page<>(rows, lastKeys == null ? null : new Page.Cursor(lastKeys, remaining - rows.size(), next));
    }
}
