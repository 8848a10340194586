// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of the statement that reads a page: the facts, or one change.
 *
 * @param facts what is known of the changelog; null in the row of a change
 * @param change a change; null in the row of the facts
 * @param last whether the change fills the page, so that there may be more behind it
 */
record PageRow(@Nullable Facts facts, @Nullable ChangelogRow change, boolean last) {

    private static final Instant TIMES_BEGIN = Instant.parse("2000-01-01T00:00:00Z");
    private static final long MICROS = 1_000_000;
    private static final int NANOS_OF_MICRO = 1_000;

    /** Sent once, however many changes there are. */
    private record Facts(UUID incarnation, long oldestId, long newestId, boolean standby, Long[] tables) {

        static Facts of(UUID incarnation, Readable row) {
            return new Facts(
                    incarnation,
                    get(row, 1, Long.class),
                    get(row, 2, Long.class),
                    get(row, 3, Boolean.class),
                    get(row, 4, Long[].class));
        }

        Map<String, Long> tables(String[] names) {
            Map<String, Long> ids = new HashMap<>();
            for (int i = 0; i < names.length; i++) {
                ids.put(names[i], tables[i]);
            }
            return ids;
        }
    }

    static PageRow of(Readable row) {
        Long id = row.get(5, Long.class);
        return id == null
                ? new PageRow(Facts.of(get(row, 0, UUID.class), row), null, false)
                : new PageRow(null, change(id, row), get(row, 14, Boolean.class));
    }

    private static ChangelogRow change(long id, Readable row) {
        return new ChangelogRow(
                id,
                Long.parseLong(get(row, 6, String.class)),
                get(row, 7, String.class),
                row.get(8, UUID.class),
                Operation.valueOf(get(row, 9, String.class)),
                time(get(row, 10, byte[].class)),
                get(row, 13, Boolean.class),
                json(row.get(11, Json.class)),
                json(row.get(12, Json.class)));
    }

    /** As the server's binary protocol has it: microseconds of this millennium. */
    private static Instant time(byte[] sent) {
        long micros = ByteBuffer.wrap(sent).getLong();
        return TIMES_BEGIN
                .plusSeconds(Math.floorDiv(micros, MICROS))
                .plusNanos(Math.floorMod(micros, MICROS) * NANOS_OF_MICRO);
    }

    private static byte @Nullable [] json(@Nullable Json value) {
        return value == null ? null : value.asArray();
    }

    /** The page that these rows make; the server need not send them in order. */
    static ChangelogPage page(List<PageRow> rows, int pageRows, String[] tables) {
        Facts facts = null;
        boolean complete = rows.size() - 1 < pageRows;
        List<ChangelogRow> changes = new ArrayList<>(rows.size());
        for (PageRow row : rows) {
            facts = row.facts == null ? facts : row.facts;
            complete &= !row.last;
            if (row.change != null) {
                changes.add(row.change);
            }
        }
        changes.sort(Comparator.comparingLong(ChangelogRow::id));
        Objects.requireNonNull(facts, "bug: a page without facts");
        return new ChangelogPage(
                facts.incarnation,
                facts.oldestId,
                facts.newestId,
                facts.standby,
                changes,
                complete,
                facts.tables(tables));
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }
}
