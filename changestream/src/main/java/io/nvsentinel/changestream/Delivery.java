// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns a chunk into the events that a watch wants, one at a time when it is asked for: filtered and decoded is at most
 * one ahead of demand.
 */
final class Delivery<T> implements Iterator<ChangeEvent<T>> {

    private final Watch<T> watch;
    private final Chunk chunk;
    private final Iterator<ChangelogRow> rows;
    private @Nullable ChangeEvent<T> next;

    Delivery(Watch<T> watch, Chunk chunk) {
        this.watch = watch;
        this.chunk = chunk;
        this.rows = chunk.rows().iterator();
    }

    @Override
    public boolean hasNext() {
        while (next == null && rows.hasNext()) {
            next = watch.event(rows.next());
        }
        if (next == null) {
            watch.scanned(chunk.upTo());
        }
        return next != null;
    }

    @Override
    public ChangeEvent<T> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ChangeEvent<T> event = Objects.requireNonNull(next);
        next = null;
        return event;
    }
}
