// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Records;
import io.nvsentinel.changestream.internal.changelog.Records.Page;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.changestream.internal.tail.Tail;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The records there are, then their changes, without a transaction that stays open: each page of records is read with
 * its own statement and that statement's snapshot, and the changelog is read in step with the pages.
 *
 * <p>After a page, the changelog is read until everything that the page can have seen is settled. Of those changes,
 *
 * <ul>
 * <li>one of a record of an earlier page is delivered: that page was behind the position already, so it had not seen
 * it;
 *   <li>one of a record of this page is delivered, after the page's records, unless the page saw its transaction;
 * <li>one of a record of a later page is dropped: that page will see it, because it is read after the change is
 * settled;
 *   <li>a truncate goes before the page's records if the page saw it, else after them.
 * </ul>
 *
 * <p>So each record comes once as it was, and then exactly its later changes in order. What is kept in memory is one
 * page of records and one of changes. Used by one subscription.
 */
final class SnapshotReading {

    private final Tail tail;
    private final Records records;
    private final Selection selection;
    private final List<String> collections;
    private HistoryPoint position;
    private int collection;
    private @Nullable UUID after;

    SnapshotReading(Tail tail, Records records, Selection selection, HistoryPoint position) {
        this.tail = tail;
        this.records = records;
        this.selection = selection;
        this.collections = selection.collections().stream().sorted().toList();
        this.position = position;
    }

    /**
     * Rows to deliver in order: records, and changes that are behind them; completes at the position from which only
     * changes follow.
     */
    Flux<List<ChangelogRow>> rows(Waiting waiting) {
        return Flux.defer(() -> waiting.with(records.page(collections.get(collection), after, position.id()))
                        .flatMapMany(page -> waiting.with(tail.now()).flatMapMany(end -> follow(page, end))))
                .repeat(() -> collection < collections.size());
    }

    /** Waits while the server is unavailable. */
    interface Waiting {
        <T> Mono<T> with(Mono<T> work);
    }

    /** Where the stream continues when this has completed. */
    HistoryPoint position() {
        return position;
    }

    /**
     * The first stop is the newest change that the page saw: without it, this is another history than the page's, whose records
     * no change would correct.
     */
    private Flux<List<ChangelogRow>> follow(Page page, HistoryPoint end) {
        List<ChangelogRow> held = new ArrayList<>(page.rows());
        RowCheck newest = page.newest();
        Flux<List<ChangelogRow>> seen = newest == null || newest.id() <= position.id()
                ? Flux.empty()
                : upTo(HistoryPoint.of(position.incarnation(), newest), page, held);
        return seen.concatWith(upTo(end, page, held))
                .concatWith(Mono.fromSupplier(() -> finish(page, held)).filter(rows -> !rows.isEmpty()));
    }

    /** At least once: what was read of the records has to be of the history that the position belongs to. */
    private Flux<List<ChangelogRow>> upTo(HistoryPoint end, Page page, List<ChangelogRow> held) {
        return Mono.defer(() -> tail.settled(position, end, selection))
                .map(chunk -> merge(page, chunk, held))
                .repeat(() -> position.id() < end.id())
                .filter(rows -> !rows.isEmpty());
    }

    private List<ChangelogRow> merge(Page page, Chunk chunk, List<ChangelogRow> held) {
        List<ChangelogRow> rows = new ArrayList<>();
        for (ChangelogRow row : chunk.rows()) {
            int place = place(page, row);
            boolean seen = page.seen().sees(row.transactionId());
            if (place == 0 && !seen) {
                rows.addAll(held);
                held.clear();
            }
            boolean clearsEarlierPages = row.recordId() == null && page.after() != null;
            if (place < 0 || (place == 0 && (!seen || clearsEarlierPages))) {
                rows.add(row);
            }
        }
        position = chunk.end();
        return rows;
    }

    private List<ChangelogRow> finish(Page page, List<ChangelogRow> held) {
        after = page.until();
        if (after == null) {
            collection++;
        }
        return held;
    }

    /** Before, in or behind the page; what no collection of this snapshot has is before, a truncate is in it. */
    private int place(Page page, ChangelogRow row) {
        int which = collections.indexOf(row.collection());
        if (which != collection) {
            return Integer.compare(which, collection);
        }
        UUID id = row.recordId();
        if (id == null) {
            return 0;
        }
        if (page.after() != null && compare(id, page.after()) <= 0) {
            return -1;
        }
        return page.until() == null || compare(id, page.until()) <= 0 ? 0 : 1;
    }

    /** As the server orders them: Java's own order takes the halves as signed. */
    private static int compare(UUID left, UUID right) {
        int high = Long.compareUnsigned(left.getMostSignificantBits(), right.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(left.getLeastSignificantBits(), right.getLeastSignificantBits());
    }
}
