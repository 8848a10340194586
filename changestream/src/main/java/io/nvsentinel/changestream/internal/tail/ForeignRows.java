// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.datastore.internal.Printable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows whose ids were not drawn from the sequence, so that capture did not write them. They have no place in the order until
 * the sequence reaches them, and are not delivered; each watch is told of each of them once.
 */
final class ForeignRows {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.tail");
    private static final int MOST = 1_000;

    private final Map<Selection, Consumer<ChangelogRow>> watches = new ConcurrentHashMap<>();
    private final Map<Selection, Set<Long>> told = new ConcurrentHashMap<>();
    private final Set<Long> logged = ConcurrentHashMap.newKeySet();

    void join(Selection selection, Consumer<ChangelogRow> watch) {
        watches.put(selection, watch);
        told.put(selection, ConcurrentHashMap.newKeySet());
    }

    void leave(Selection selection) {
        watches.remove(selection);
        told.remove(selection);
    }

    /** Takes in those of a page of the end. */
    void observe(List<ChangelogRow> rows, Collection<Selection> selections) {
        for (ChangelogRow row : rows) {
            if (logged.size() < MOST && logged.add(row.id())) {
                LOG.warn(
                        "Row not delivered: id={} table={}; its id was not drawn from datastore_changelog_id_seq, so it was"
                                + " inserted by hand, or the sequence was set back. Delete the row, or set the sequence",
                        row.id(),
                        Printable.line(row.collection()));
            }
            selections.forEach(selection -> tell(selection, row));
        }
    }

    private void tell(Selection selection, ChangelogRow row) {
        Set<Long> before = told.get(selection);
        Consumer<ChangelogRow> watch = watches.get(selection);
        if (before != null && watch != null && before.size() < MOST && before.add(row.id())) {
            try {
                watch.accept(row);
            } catch (RuntimeException e) {
                LOG.error("The handler for undecodable changes failed: id={}", row.id(), e);
            }
        }
    }
}
