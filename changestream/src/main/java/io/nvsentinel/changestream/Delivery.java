// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns rows into the events that a watch wants, one at a time when it is asked for: filtered and decoded is at most one
 * ahead of demand.
 */
final class Delivery<T> implements Iterator<ChangeEvent<T>> {

    private final Iterator<ChangelogRow> rows;
    private final Function<ChangelogRow, @Nullable ChangeEvent<T>> event;
    private final Runnable atEnd;
    private @Nullable ChangeEvent<T> next;

    /**
     * Rows to deliver.
     *
     * @param rows in order
     * @param event the event of a row; null if it is not wanted
     * @param atEnd what to do when all are delivered
     */
    Delivery(List<ChangelogRow> rows, Function<ChangelogRow, @Nullable ChangeEvent<T>> event, Runnable atEnd) {
        this.rows = rows.iterator();
        this.event = event;
        this.atEnd = atEnd;
    }

    @Override
    public boolean hasNext() {
        while (next == null && rows.hasNext()) {
            next = event.apply(rows.next());
        }
        if (next == null) {
            atEnd.run();
        }
        return next != null;
    }

    @Override
    public ChangeEvent<T> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ChangeEvent<T> found = Objects.requireNonNull(next);
        next = null;
        return found;
    }
}
