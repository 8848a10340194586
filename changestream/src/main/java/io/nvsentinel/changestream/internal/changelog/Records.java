// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Identifier;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Reads the records of a collection page by page, each page with what its statement saw. */
public final class Records {

    /** As for changes, a page ends with the record that fills its bytes. The snapshot comes even if no record does. */
    private static final String PAGE = """
            SELECT pg_current_snapshot()::text, clock_timestamp(), page.id, page.data, page.read
            FROM (SELECT 1) AS always
            LEFT JOIN (
                SELECT *, count(*) OVER () AS read,
                    sum(pg_column_size(data)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                        AS bytes_before
                FROM (SELECT id, data FROM %s WHERE %s ORDER BY id LIMIT $1) AS records
            ) AS page ON coalesce(page.bytes_before, 0) < $2
            ORDER BY page.id""";

    private final Connections connections;
    private final int pageRows;
    private final long pageBytes;

    /**
     * Reads nothing yet.
     *
     * @param connections the connections
     * @param pageRows the most records of a page
     * @param pageBytes a page ends with the record that fills these bytes
     */
    public Records(Connections connections, int pageRows, long pageBytes) {
        this.connections = connections;
        this.pageRows = pageRows;
        this.pageBytes = pageBytes;
    }

    /**
     * Records of a collection, in the order of their ids.
     *
     * @param collection which
     * @param after the id before them; null for the first page
     * @param until the id of the last one; null if there is none behind them
     * @param seen what the statement saw
     * @param rows the records, as rows of a changelog
     */
    public record Page(
            String collection,
            @Nullable UUID after,
            @Nullable UUID until,
            TransactionSnapshot seen,
            List<ChangelogRow> rows) {}

    /**
     * Reads a page.
     *
     * @param collection the table
     * @param after the last id read; null for the first page
     * @param position what the rows take for their id
     * @return cold; emits the page
     */
    public Mono<Page> page(String collection, @Nullable UUID after, long position) {
        String sql = PAGE.formatted(Identifier.quote(collection), after == null ? "true" : "id > $3");
        List<Object> values = new ArrayList<>(List.of(pageRows, pageBytes));
        if (after != null) {
            values.add(after);
        }
        return connections
                .read(
                        "Read the records of " + collection,
                        connection -> Rows.all(
                                Rows.bind(connection.createStatement(sql), values),
                                row -> Read.of(row, collection, position)))
                .map(rows -> page(collection, after, rows));
    }

    private Page page(String collection, @Nullable UUID after, List<Read> read) {
        List<ChangelogRow> rows = new ArrayList<>();
        read.forEach(each -> {
            if (each.row() != null) {
                rows.add(each.row());
            }
        });
        Read first = read.get(0);
        boolean last = first.read() < pageRows && rows.size() == first.read();
        UUID until = last ? null : rows.get(rows.size() - 1).recordId();
        return new Page(collection, after, until, first.seen(), rows);
    }

    private record Read(
            TransactionSnapshot seen, long read, @Nullable ChangelogRow row) {

        static Read of(Readable row, String collection, long position) {
            TransactionSnapshot seen = TransactionSnapshot.parse(Objects.requireNonNull(row.get(0, String.class)));
            UUID id = row.get(2, UUID.class);
            if (id == null) {
                return new Read(seen, 0, null);
            }
            byte[] data = Objects.requireNonNull(row.get(3, Json.class)).asArray();
            Instant now = Objects.requireNonNull(row.get(1, Instant.class));
            return new Read(
                    seen,
                    Objects.requireNonNull(row.get(4, Long.class)),
                    new ChangelogRow(position, 0, collection, id, Operation.EXISTING, now, true, null, data));
        }
    }
}
