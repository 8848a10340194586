// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogPage;
import io.nvsentinel.changestream.internal.changelog.Selection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a watched table was dropped, or replaced by another of its name. A page that has nothing more to deliver
 * only says so if the page before already saw the table gone: by then every change of it was committed, so the later page
 * would have shown it.
 */
final class WatchedTables {

    private final Map<Selection, Map<String, Long>> first = new ConcurrentHashMap<>();
    private final Map<Selection, String> gone = new ConcurrentHashMap<>();
    private final Map<Selection, String> dropped = new ConcurrentHashMap<>();

    void forget(Selection selection) {
        first.remove(selection);
        gone.remove(selection);
        dropped.remove(selection);
    }

    /**
     * Applies a page of the end.
     *
     * @param page the page
     * @param selections the selections whose tables were queried
     * @param atEnd whether nothing after the start of the page is left to deliver or to prove
     * @return whether a watch must be notified
     */
    boolean observe(ChangelogPage page, Iterable<Selection> selections, boolean atEnd) {
        boolean news = false;
        for (Selection selection : selections) {
            String before = gone.get(selection);
            if (before != null && atEnd) {
                news |= dropped.put(selection, before) == null;
            }
            look(selection, page.tables());
        }
        return news;
    }

    private void look(Selection selection, Map<String, Long> tables) {
        Map<String, Long> known = first.computeIfAbsent(selection, absent -> new ConcurrentHashMap<>());
        Set<String> names = selection.collections();
        for (String name : names) {
            Long now = tables.getOrDefault(name, 0L);
            Long then = known.computeIfAbsent(name, absent -> now);
            if (now == 0 || !now.equals(then)) {
                gone.put(selection, name);
            }
        }
    }

    @Nullable
    String droppedOf(Selection selection) {
        return dropped.get(selection);
    }
}
