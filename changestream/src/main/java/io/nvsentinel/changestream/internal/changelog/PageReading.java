// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes a page of the rows of its statement: the facts and the changes, which the server need not send in order. The page
 * ends with the change that fills its bytes; what comes beyond is passed over, and is not of the page.
 */
final class PageReading {

    private static final int HEXADECIMAL = 16;

    private final int asked;
    private final long mostBytes;
    private final List<ChangelogRow> changes = new ArrayList<>();
    private @Nullable Facts facts;
    private String collection = "";
    private long bytes;
    private long lowestPassedOver = Long.MAX_VALUE;

    /**
     * Nothing read yet.
     *
     * @param asked the most changes that the statement gives
     * @param mostBytes the bytes that fill the page
     */
    PageReading(int asked, long mostBytes) {
        this.asked = asked;
        this.mostBytes = mostBytes;
    }

    /** Sent once, however many changes there are. */
    private record Facts(ChangelogFacts facts, Long[] tables, String[] points, Durability.Positions log) {

        static Facts of(Readable row) {
            return new Facts(
                    new ChangelogFacts(
                            get(row, 0, UUID.class),
                            get(row, 1, Long.class),
                            get(row, 2, Long.class),
                            get(row, 3, Boolean.class)),
                    get(row, 4, Long[].class),
                    get(row, 15, String[].class),
                    Durability.Positions.of(row, 16));
        }

        Map<String, Long> tables(String[] names) {
            Map<String, Long> ids = new HashMap<>();
            for (int i = 0; i < names.length; i++) {
                ids.put(names[i], tables[i]);
            }
            return ids;
        }

        /** The row that was found at a point, if the point has one; the first of its two values is null if there is none. */
        @Nullable
        RowCheck row(HistoryPoint point, int first) {
            String transaction = points[first];
            return point.row() == null || transaction == null
                    ? null
                    : new RowCheck(
                            point.row().id(),
                            Long.parseUnsignedLong(transaction),
                            ServerTimes.ofMicros(Long.parseUnsignedLong(points[first + 1], HEXADECIMAL)));
        }
    }

    /**
     * A page, and what has to be flushed before it may be delivered.
     *
     * @param page the page
     * @param log of its statement
     */
    record Read(ChangelogPage page, Durability.Positions log) {}

    /** Takes a row in. */
    void add(Readable row) {
        Long id = row.get(5, Long.class);
        if (id == null) {
            facts = Facts.of(row);
        } else if (bytes >= mostBytes) {
            lowestPassedOver = Math.min(lowestPassedOver, id);
        } else {
            ChangelogRow change = change(id, row);
            bytes += change.bytes();
            changes.add(change);
        }
    }

    private ChangelogRow change(long id, Readable row) {
        return new ChangelogRow(
                id,
                Long.parseUnsignedLong(get(row, 6, String.class)),
                collection(get(row, 7, String.class)),
                row.get(8, UUID.class),
                Operation.valueOf(get(row, 9, String.class)),
                ServerTimes.read(row, 10),
                get(row, 13, Boolean.class),
                get(row, 14, Integer.class),
                json(row.get(11, Json.class)),
                json(row.get(12, Json.class)));
    }

    /** Usually the string of the previous row, whose hash is already computed; later steps use it as a key. */
    private String collection(String name) {
        collection = collection.equals(name) ? collection : name;
        return collection;
    }

    private static byte @Nullable [] json(@Nullable Json value) {
        return value == null ? null : value.asArray();
    }

    /**
     * The page, when all rows have arrived.
     *
     * @param start its start
     * @param end the end of the settled part
     * @param tables the tables whose object ids were requested
     */
    Read page(HistoryPoint start, HistoryPoint end, String[] tables) {
        Facts known = facts;
        if (known == null) {
            throw Outages.noFacts();
        }
        boolean complete = changes.size() < asked && bytes < mostBytes;
        changes.removeIf(change -> change.id() > lowestPassedOver);
        changes.sort(Comparator.comparingLong(ChangelogRow::id));
        int drawn = changes.size();
        while (drawn > 0 && changes.get(drawn - 1).id() > known.facts.newestId()) {
            drawn--;
        }
        ChangelogPage page = new ChangelogPage(
                known.facts,
                known.row(start, 0),
                known.row(end, 2),
                List.copyOf(changes.subList(0, drawn)),
                complete || drawn < changes.size(),
                List.copyOf(changes.subList(drawn, changes.size())),
                known.tables(tables));
        return new Read(page, known.log);
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }
}
