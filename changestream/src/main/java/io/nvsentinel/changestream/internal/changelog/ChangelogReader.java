// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.read.PageSize;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The changelog's queries beside what becomes of their rows. Each call is one use of one pooled connection. */
public final class ChangelogReader {

    private static final String TABLES = """
            ARRAY(
                SELECT coalesce(to_regclass('{schema}.' || quote_ident(name))::oid::bigint, 0)
                FROM unnest(CAST($3 AS text[])) WITH ORDINALITY AS tables (name, number) ORDER BY number)""";

    /**
     * One row of facts, which comes even if no change does, and the changes: one statement, so one snapshot. Every id
     * comes, since gaps are proven by them; the documents only of changes that a watch needs, and not if one of them is too
     * large. Times come as their eight
     * bytes, because their text is slow to read; transaction ids are read as text, because for other types the driver
     * searches its list of codecs in each row. The position is hidden from the planner in a subquery: if the planner
     * knew it, it would plan each poll again, which takes longer than the poll itself. A change whose table's name no
     * longer exists has the name of now, if the table is watched: it may have been renamed, and renamed back. A name that
     * exists stays, for the object ids of changes that were restored from another server are those of other tables.
     */
    private static final String PAGE = """
            SELECT state.incarnation, state.oldest_id,
                CASE WHEN newest.is_called THEN newest.last_value ELSE newest.last_value - 1 END, pg_is_in_recovery(),
                {tables},
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                ARRAY[start.xid::text, encode(timestamptz_send(start.changed_at), 'hex'),
                    finish.xid::text, encode(timestamptz_send(finish.changed_at), 'hex')],
                {log}
            FROM {schema}.datastore_changelog_state AS state
            CROSS JOIN {schema}.datastore_changelog_id_seq AS newest
            LEFT JOIN {schema}.datastore_changelog AS start ON start.id = (SELECT CAST($4 AS bigint))
            LEFT JOIN {schema}.datastore_changelog AS finish ON finish.id = (SELECT CAST($5 AS bigint))
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL,
                id, xid::text, table_name, record_id, operation, timestamptz_send(changed_at),
                CASE WHEN wanted AND too_large = 0 THEN old_values END,
                CASE WHEN wanted AND too_large = 0 THEN new_values END, wanted, too_large, NULL, NULL
            FROM (
                SELECT *, CASE WHEN wanted THEN greatest({old}, {new}) ELSE 0 END AS too_large
                FROM (
                    SELECT *, %s AS wanted
                    FROM (
                        SELECT id, xid, record_id, operation, changed_at, old_values, new_values,
                            CASE
                                WHEN table_name = ANY (CAST($3 AS text[]))
                                    OR array_position((SELECT {tables}), table_oid::bigint) IS NULL
                                    OR to_regclass('{schema}.' || quote_ident(table_name)) IS NOT NULL
                                THEN table_name
                                ELSE (CAST($3 AS text[]))[array_position((SELECT {tables}), table_oid::bigint)]
                            END AS table_name
                        FROM {schema}.datastore_changelog
                        WHERE id > (SELECT CAST($1 AS bigint)) AND id <= (SELECT CAST($2 AS bigint))
                        ORDER BY id LIMIT %d
                    ) AS named
                ) AS judged
                OFFSET 0
            ) AS measured""".replace("{tables}", TABLES)
            .replace("{log}", Durability.LOG_POSITIONS)
            .replace("{old}", LargeDocument.bytes("old_values", 6))
            .replace("{new}", LargeDocument.bytes("new_values", 6));

    private static final int FIRST_OF_CONDITION = 7;

    private static final int FEWER = 8;

    /**
     * An INSERT holds this lock from before it draws an id until its row is visible. By transaction id, because a
     * prepared transaction has no process; a transaction without one has not drawn an id either (the xid is assigned
     * before the id). All ids of a transaction, its savepoints' too: the lowest of them changes when the ids wrap
     * around. One query of the server's locks, whose cost grows with the number of all locks; matching them without
     * sorting or grouping takes half of what each transaction elsewhere adds.
     *
     * <p>Such a query never misses a holder, although the two locks that make one are held, found and handed over
     * separately. A weak lock on a table may be kept by the process itself; {@code pg_locks} reads these first and
     * then, with every part of the shared lock table locked at the same time, all others. A lock moves only from the
     * process to the shared table (for PREPARE TRANSACTION, or because a session requests an exclusive lock on the
     * table), so it is found in one of the two, or twice. PREPARE TRANSACTION hands the locks in the shared table over
     * one part after the other: of a transaction in that state one of the two locks belongs to the session still, and
     * the other one to the prepared transaction already. Both have the same virtual transaction id, which the prepared
     * transaction inherits before the first lock moves and the session releases after the last one (since 14.1 and its
     * contemporaries; before, CREATE INDEX CONCURRENTLY was misled in the same way). Hence the locks are matched by
     * that, and by nothing that changes hands, like the process. Each prepared transaction that a restarted server
     * finds has a separate one. At the end of a transaction the locks go one by one as well, but its rows are visible
     * by then, and the page is read later.
     */
    private static final String HOLDERS = """
            SELECT owner.id::text::bigint
            FROM (
                SELECT array_agg(virtualtransaction) FILTER (WHERE locktype = 'relation') AS writers,
                    array_agg(virtualtransaction) FILTER (WHERE locktype = 'transactionid') AS owners,
                    array_agg(transactionid) FILTER (WHERE locktype = 'transactionid') AS ids
                FROM pg_locks
                WHERE granted
                    AND (locktype = 'transactionid' AND mode = 'ExclusiveLock'
                        OR locktype = 'relation' AND mode = 'RowExclusiveLock'
                            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                            AND relation = ANY (ARRAY(
                                SELECT '{schema}.datastore_changelog'::regclass::oid
                                UNION ALL
                                SELECT inhrelid FROM pg_inherits WHERE inhparent = '{schema}.datastore_changelog'::regclass)))
            ) AS held
            CROSS JOIN LATERAL unnest(held.owners, held.ids) AS owner (transaction, id)
            WHERE held.writers IS NOT NULL AND owner.transaction = ANY (held.writers)""";

    /** The sum keeps the planner from walking the ids from the first one; the index on the time serves. */
    private static final String AT = """
            SELECT state.incarnation, state.oldest_id, $2::bigint, pg_is_in_recovery(),
                (SELECT min(id + 0) FROM {schema}.datastore_changelog
                    WHERE changed_at >= CAST($1 AS timestamptz) AND id <= $2 AND id >= state.oldest_id),
                state.oldest_id = 1
                    OR EXISTS (SELECT FROM {schema}.datastore_changelog WHERE changed_at < CAST($1 AS timestamptz))
            FROM {schema}.datastore_changelog_state AS state""";

    private static final String HOLDER_NAMES = """
            SELECT DISTINCT coalesce(
                    'process ' || activity.pid || ' of application "' || activity.application_name || '"'
                        || coalesce(', transaction open since ' || activity.xact_start, ''),
                    'prepared transaction "' || prepared.gid || '" since ' || prepared.prepared,
                    'transaction ' || owner.transactionid)
            FROM pg_locks AS owner
            LEFT JOIN pg_stat_activity AS activity ON activity.pid = owner.pid
            LEFT JOIN pg_prepared_xacts AS prepared ON prepared.transaction = owner.transactionid
            WHERE owner.locktype = 'transactionid' AND owner.granted
                AND owner.transactionid::text::bigint = ANY ($1)""";

    private final Connections connections;
    private final int batchSize;
    private final long maxBatchBytes;
    private final long maxDocumentBytes;
    private final ReadBound bound = new ReadBound();

    /** How many are asked for: fewer if the last page was large, or could not be read in time. */
    private volatile int most;

    /**
     * A reader; reads nothing yet.
     *
     * @param connections the connections
     * @param batchSize the most changes of a page
     * @param maxBatchBytes a page ends with the change that fills these bytes
     * @param maxDocumentBytes documents of more bytes are not read
     */
    public ChangelogReader(Connections connections, int batchSize, long maxBatchBytes, long maxDocumentBytes) {
        this.connections = connections;
        this.batchSize = batchSize;
        this.maxBatchBytes = maxBatchBytes;
        this.maxDocumentBytes = maxDocumentBytes;
        this.most = batchSize;
    }

    /**
     * Reads at the end of the changelog: the holders, if there is a gap to prove, and only then a page. The proof
     * depends on this order.
     *
     * @param start the start of the page
     * @param proveGap whether the last page showed a gap
     * @param selections the watches whose documents are needed
     * @return cold; emits the holders, if they were requested, and the page
     */
    public Mono<TailReading> tail(HistoryPoint start, boolean proveGap, List<Selection> selections) {
        return bounded(connection -> {
            Mono<Optional<Set<Long>>> holders =
                    proveGap ? holders(connection).map(Optional::of) : Mono.just(Optional.empty());
            return holders.flatMap(known -> page(connection, new Range(start, start, Long.MAX_VALUE), selections)
                    .map(page -> new TailReading(known.orElse(null), page)));
        });
    }

    private <T> Mono<T> bounded(Function<Connection, Mono<T>> work) {
        return Mono.defer(() -> connections.read("Read the changelog", bound.within(), work))
                .doOnNext(read -> bound.answered())
                .doOnError(error -> error.getCause() instanceof TimeoutException, error -> {
                    bound.exceeded();
                    most = Math.max(1, most / FEWER);
                });
    }

    /**
     * Reads a page of a settled part.
     *
     * @param start the position before the page
     * @param end the position at its end; no row is read if it is not after the start
     * @param selection the watch whose documents are needed
     * @return cold; emits the page, with the rows at the start and at the end
     */
    public Mono<ChangelogPage> settled(HistoryPoint start, HistoryPoint end, Selection selection) {
        return bounded(connection -> page(connection, new Range(start, end, end.id()), List.of(selection)));
    }

    /**
     * Reads the transactions that hold the changelog's writer lock.
     *
     * @return cold; emits transaction ids
     */
    public Mono<Set<Long>> holders() {
        return connections.read("Read the changelog's writers", ChangelogReader::holders);
    }

    /**
     * Describes blocking transactions, for operators.
     *
     * @param holders transaction ids
     * @return cold; emits the descriptions of the transactions that are still open
     */
    public Mono<List<String>> holderNames(Set<Long> holders) {
        return connections.read(
                "Read the changelog's writers",
                connection -> Rows.all(
                        connection.createStatement(HOLDER_NAMES).bind(0, holders.toArray(Long[]::new)),
                        row -> get(row, 0, String.class)));
    }

    /**
     * The newest visible change. The sequence is not read: after a crash, ids that were drawn but not committed are
     * assigned to other changes.
     *
     * @return cold; emits its position
     */
    public Mono<HistoryPoint> newest() {
        return connections
                .read("Read the changelog's end", connection -> point(connection, PointReading.NO_ROW, Long.MAX_VALUE))
                .map(PointReading::point);
    }

    /**
     * The position before the first change that was made at a time or later.
     *
     * @param time the time
     * @param settledEnd everything up to this id is visible or dead
     * @return cold; emits the position; fails with {@link HistoryLostException} if what is kept may not reach back so far
     */
    public Mono<HistoryPoint> at(Instant time, long settledEnd) {
        return connections.read(
                "Read the changelog at a time",
                connection -> Rows.one(
                                connection
                                        .createStatement(AT)
                                        .bind(0, ServerTimes.text(time))
                                        .bind(1, settledEnd),
                                row -> before(row, time, settledEnd))
                        .switchIfEmpty(Mono.error(Outages::noFacts))
                        .flatMap(before -> point(connection, PointReading.NO_ROW, before))
                        .map(PointReading::point));
    }

    private static Long before(Readable row, Instant time, long settledEnd) {
        ChangelogFacts facts = new ChangelogFacts(
                get(row, 0, UUID.class), get(row, 1, Long.class), get(row, 2, Long.class), get(row, 3, Boolean.class));
        History.requirePrimary(facts);
        if (!get(row, 5, Boolean.class)) {
            throw History.lost("Changes made since " + time + " may have been removed", facts);
        }
        Long first = row.get(4, Long.class);
        return first == null ? settledEnd : first - 1;
    }

    /**
     * The position before the oldest change that is kept.
     *
     * @return cold; emits the position
     */
    public Mono<HistoryPoint> beginning() {
        return connections
                .read(
                        "Read the changelog's beginning",
                        connection -> point(connection, PointReading.NO_ROW, PointReading.BEGINNING))
                .map(PointReading::point);
    }

    /**
     * The position of a token: of the last row at or below it, since everything up to a token is settled.
     *
     * @param token the token
     * @return cold; emits the position; fails with {@link HistoryLostException} if changes behind it were removed, and with
     *     {@link HistoryForkedException} if the row that it names is missing or another one
     */
    public Mono<HistoryPoint> verified(Position token) {
        return connections
                .read("Read the changelog at a token", connection -> point(connection, token.checkedRow(), token.id()))
                .map(reading -> reading.verified(token));
    }

    /** The row of the position at which a stream begins must be durable as well. */
    private static Mono<PointReading> point(Connection connection, long checkedRow, long position) {
        return Mono.defer(() -> Rows.one(
                                connection
                                        .createStatement(PointReading.SQL)
                                        .bind(0, checkedRow)
                                        .bind(1, position),
                                PointReading::of)
                        .switchIfEmpty(Mono.error(Outages::noFacts)))
                .flatMap(read -> Durability.await(connection, read.log())
                        .flatMap(proven -> proven ? Mono.just(read) : Mono.empty()))
                .repeatWhenEmpty(attempts -> attempts);
    }

    private static Mono<Set<Long>> holders(Connection connection) {
        return Rows.all(connection.createStatement(HOLDERS), row -> get(row, 0, Long.class))
                .map(Set::copyOf);
    }

    /** What a page is read of. */
    private record Range(HistoryPoint start, HistoryPoint end, long upTo) {

        boolean isTail() {
            return upTo == Long.MAX_VALUE;
        }

        private static long row(HistoryPoint point) {
            return point.row() == null ? PointReading.NO_ROW : point.row().id();
        }
    }

    /** Only durable rows are delivered. */
    private Mono<ChangelogPage> page(Connection connection, Range range, List<Selection> selections) {
        return Mono.defer(() -> anyPage(connection, range, selections))
                .flatMap(read -> read.page().rows().isEmpty()
                        ? Mono.just(read.page())
                        : Durability.await(connection, read.log())
                                .flatMap(proven -> proven ? Mono.just(read.page()) : Mono.empty()))
                .repeatWhenEmpty(attempts -> attempts);
    }

    private Mono<PageReading.Read> anyPage(Connection connection, Range range, List<Selection> selections) {
        SqlFragment wanted = Selection.condition(selections, FIRST_OF_CONDITION);
        String[] tables = tables(selections);
        List<Object> values = new ArrayList<>(List.of(
                range.start.id(), range.upTo, tables, Range.row(range.start), Range.row(range.end), maxDocumentBytes));
        values.addAll(wanted.bindings());
        int asked = most;
        PageReading reading = new PageReading(asked, maxBatchBytes);
        return Rows.each(
                        Rows.bind(
                                connection.createStatement(String.format(Locale.ROOT, PAGE, wanted.sql(), asked)),
                                values),
                        reading::add)
                .then(Mono.fromSupplier(() -> reading.page(range.start, range.end, tables)))
                .doOnNext(read -> most = PageSize.next(
                        batchSize, read.page().rows().size(), read.page().bytes(), maxBatchBytes))
                // Documents may be so large that as many as usual never come in time.
                .doOnError(error -> most = Math.max(1, asked / FEWER));
    }

    private static String[] tables(List<Selection> selections) {
        return selections.stream()
                .flatMap(selection -> selection.collections().stream())
                .distinct()
                .toArray(String[]::new);
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }

    /**
     * The result of a read at the end of the changelog.
     *
     * @param holders the transactions that held the writer lock before the page was read; null if they were not read
     * @param page the page
     */
    public record TailReading(@Nullable Set<Long> holders, ChangelogPage page) {}
}
