// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.read.PageSize;
import io.nvsentinel.datastore.internal.table.Identifier;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Reads the records of a collection page by page, each page with what its statement saw. */
public final class Records {

    /**
     * A page ends with the record that fills its bytes. The snapshot comes even if no record does. The server knows only
     * how large documents are stored, compressed perhaps a hundredfold: its bound keeps it from sending much that
     * {@link Reading} then passes over.
     */
    private static final String PAGE =
            """
            SELECT pg_current_snapshot()::text, timestamptz_send(clock_timestamp()), page.id,
                CASE WHEN page.too_large = 0 THEN page.data END, page.read,
                CASE WHEN page.bytes_before IS NULL THEN {log} END, page.too_large,
                newest.id, newest.xid::text, timestamptz_send(newest.changed_at)
            FROM (SELECT 1) AS always
            LEFT JOIN (
                SELECT id, xid, changed_at FROM {schema}.datastore_changelog
                WHERE id <= (SELECT last_value FROM {schema}.datastore_changelog_id_seq) ORDER BY id DESC LIMIT 1
            ) AS newest ON true
            LEFT JOIN (
                SELECT *, count(*) OVER () AS read, {bytes} AS too_large,
                    sum(pg_column_size(data)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                        AS bytes_before
                FROM (SELECT id, data FROM %s WHERE %s ORDER BY id LIMIT $1) AS records
            ) AS page ON coalesce(page.bytes_before, 0) < $2
            ORDER BY page.id""".replace("{log}", Durability.LOG_POSITIONS).replace("{bytes}", LargeDocument.bytes("data", 3));

    /** How many the first page asks for, when nothing is known about how large the documents are. */
    private static final int FIRST = 32;

    private final Connections connections;
    private final int batchSize;
    private final long maxBatchBytes;
    private final long maxDocumentBytes;

    /** How many are asked for: fewer if the last page was large. */
    private volatile int most;

    /**
     * Reads nothing yet.
     *
     * @param connections the connections
     * @param batchSize the most records of a page
     * @param maxBatchBytes a page ends with the record that fills these bytes
     * @param maxDocumentBytes documents of more bytes are not read
     */
    public Records(Connections connections, int batchSize, long maxBatchBytes, long maxDocumentBytes) {
        this.connections = connections;
        this.batchSize = batchSize;
        this.maxBatchBytes = maxBatchBytes;
        this.maxDocumentBytes = maxDocumentBytes;
        this.most = Math.min(FIRST, batchSize);
    }

    /**
     * Records of a collection, in the order of their ids.
     *
     * @param collection which
     * @param after the id before them; null for the first page
     * @param until the id of the last one; null if there is none behind them
     * @param seen what the statement saw
     * @param newest the newest change that the statement saw; null if there was none. In a history without it, the records are not
     *     what its changes made
     * @param rows the records, as rows of a changelog
     */
    public record Page(
            String collection,
            @Nullable UUID after,
            @Nullable UUID until,
            TransactionSnapshot seen,
            @Nullable RowCheck newest,
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
        String sql =
                String.format(Locale.ROOT, PAGE, Identifier.qualify(collection), after == null ? "true" : "id > $4");
        int asked = most;
        List<Object> values = new ArrayList<>(List.of(asked, maxBatchBytes, maxDocumentBytes));
        if (after != null) {
            values.add(after);
        }
        return connections.read(
                "Read the records of " + collection,
                connection -> Mono.defer(() -> {
                            Reading reading = new Reading(collection, position);
                            return Rows.each(Rows.bind(connection.createStatement(sql), values), reading::add)
                                    .then(Mono.defer(() -> Durability.await(connection, reading.log)))
                                    .flatMap(proven -> proven ? Mono.just(reading.page(after, asked)) : Mono.empty())
                                    .doOnNext(page ->
                                            most = reading.next(page.rows().size()));
                        })
                        .repeatWhenEmpty(attempts -> attempts));
    }

    /** Makes a page of rows that come in order. It ends with the record that fills its bytes as they are in memory. */
    private final class Reading {

        private final String collection;
        private final long position;
        private final List<ChangelogRow> rows = new ArrayList<>();
        private @Nullable TransactionSnapshot seen;
        private @Nullable RowCheck newest;
        private Durability.Positions log = Durability.Positions.NONE;
        private long sent;
        private long bytes;

        Reading(String collection, long position) {
            this.collection = collection;
            this.position = position;
        }

        void add(Readable row) {
            if (seen == null) {
                seen = TransactionSnapshot.parse(Objects.requireNonNull(row.get(0, String.class)));
                sent = Objects.requireNonNullElse(row.get(4, Long.class), 0L);
                log = Durability.Positions.of(row, 5);
                newest = newest(row);
            }
            UUID id = row.get(2, UUID.class);
            if (id != null && bytes < maxBatchBytes) {
                rows.add(record(row, id));
                bytes += rows.get(rows.size() - 1).bytes();
            }
        }

        private static @Nullable RowCheck newest(Readable row) {
            Long id = row.get(7, Long.class);
            return id == null
                    ? null
                    : new RowCheck(
                            id,
                            Long.parseUnsignedLong(Objects.requireNonNull(row.get(8, String.class))),
                            ServerTimes.read(row, 9));
        }

        private ChangelogRow record(Readable row, UUID id) {
            Json data = row.get(3, Json.class);
            return new ChangelogRow(
                    position,
                    0,
                    collection,
                    id,
                    Operation.SNAPSHOT,
                    ServerTimes.read(row, 1),
                    true,
                    Objects.requireNonNull(row.get(6, Integer.class)),
                    null,
                    data == null ? null : data.asArray());
        }

        Page page(@Nullable UUID after, int asked) {
            boolean last = sent < asked && rows.size() == sent;
            UUID until = last ? null : rows.get(rows.size() - 1).recordId();
            return new Page(
                    collection, after, until, Objects.requireNonNull(seen, "bug: a page without rows"), newest, rows);
        }

        /** How many fit into the next page, if its documents are as large as the documents of this one. */
        int next(int read) {
            return PageSize.next(batchSize, read, bytes, maxBatchBytes);
        }
    }
}
