// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.retention;

import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * The statements of the retention, on one connection. Each writing statement is its own transaction of one round trip,
 * because it holds the lock by which readers recognize writers of the changelog.
 */
final class RetentionSteps {

    /** Held by the process that runs retention. Differs from the key of the idle lock. */
    private static final String LOCK = "SELECT pg_try_advisory_lock(7813858212840129891)";

    /** The next run repeats what a crash has undone, and no transaction waits for a flush while the lock is held. */
    private static final String ASYNCHRONOUS = "SELECT set_config('synchronous_commit', 'off', false)";

    /** The changelog's guard rejects changes and deletions by all other sessions. */
    private static final String ALLOWED = "SELECT set_config('nvsentinel.retention', 'on', false)";

    /**
     * A change that was being committed while a limit removed later changes: no client can read it any more. The row
     * directly before the oldest kept row is kept.
     */
    private static final String HAS_ORPHANS = """
            SELECT EXISTS (
                SELECT FROM {schema}.datastore_changelog WHERE id < (SELECT oldest_id - 1 FROM {schema}.datastore_changelog_state))""";

    private static final String REMOVE_ORPHANS = """
            DELETE FROM {schema}.datastore_changelog WHERE id < (SELECT oldest_id - 1 FROM {schema}.datastore_changelog_state)""";

    private static final String ACKNOWLEDGED = "SELECT coalesce(min(position), 0) FROM {schema}.resume_tokens";

    /** What was not drawn from the sequence is none of ours: passing it would pass what is yet to be drawn. */
    private static final String MARK = """
            WITH batch AS (
                SELECT id FROM {schema}.datastore_changelog
                WHERE id > (SELECT processed_id FROM {schema}.datastore_changelog_state)
                    AND id <= least($1, (SELECT last_value FROM {schema}.datastore_changelog_id_seq))
                ORDER BY id LIMIT $2
            ), marked AS (
                UPDATE {schema}.datastore_changelog SET processed = true
                WHERE id IN (SELECT id FROM batch) AND NOT processed
            ), noted AS (
                UPDATE {schema}.datastore_changelog_state
                SET processed_id = (SELECT max(id) FROM batch) WHERE EXISTS (SELECT FROM batch)
            )
            SELECT count(*) FROM batch""";

    /**
     * Removes the oldest changes, up to the first that is to be kept. Both what is kept and what is removed are seen by
     * readers at the same moment, and the id that is kept stands first all the same. The last row of them stays until the
     * next step, without its documents: clients that have acknowledged everything recognize the history by it.
     */
    private static final String REMOVE = String.format(Locale.ROOT, """
            WITH batch AS (
                SELECT id, changed_at < now() - $1 * interval '1 second'
                    AND id <= CASE WHEN $2 THEN (SELECT coalesce(min(position), %1$d) FROM {schema}.resume_tokens) ELSE $3 END
                    AS removable
                FROM {schema}.datastore_changelog
                WHERE id >= (SELECT oldest_id FROM {schema}.datastore_changelog_state)
                    AND id <= (SELECT last_value FROM {schema}.datastore_changelog_id_seq)
                ORDER BY id LIMIT $4
            ), gone AS (
                SELECT id FROM batch
                WHERE id < (SELECT coalesce(min(id), %1$d) FROM batch WHERE NOT removable)
            ), raised AS (
                UPDATE {schema}.datastore_changelog_state SET oldest_id = (SELECT max(id) + 1 FROM gone)
                WHERE EXISTS (SELECT FROM gone)
                RETURNING oldest_id
            ), recognized AS (
                UPDATE {schema}.datastore_changelog SET processed = true, old_values = NULL, new_values = NULL
                WHERE id = (SELECT oldest_id - 1 FROM raised)
            ), removed AS (
                DELETE FROM {schema}.datastore_changelog
                WHERE id < (SELECT oldest_id - 1 FROM raised)
                    AND id IN (
                        SELECT id FROM gone UNION ALL SELECT oldest_id - 1 FROM {schema}.datastore_changelog_state)
            )
            SELECT count(*) FROM gone""", Long.MAX_VALUE);

    /** Asked before each step, so that the lock is not taken for nothing. */
    private static final String OLDEST = String.format(Locale.ROOT, """
            SELECT count(*) FROM (
                SELECT id, changed_at FROM {schema}.datastore_changelog
                WHERE id >= (SELECT oldest_id FROM {schema}.datastore_changelog_state) ORDER BY id LIMIT 1
            ) AS oldest
            WHERE changed_at < now() - $1 * interval '1 second'
                AND id <= CASE WHEN $2 THEN (SELECT coalesce(min(position), %1$d) FROM {schema}.resume_tokens) ELSE $3 END""", Long.MAX_VALUE);

    private static final String CAP = """
            SELECT coalesce((SELECT id FROM {schema}.datastore_changelog ORDER BY id DESC OFFSET $1 LIMIT 1), 0)""";

    private final Connection connection;
    private final int batchSize;

    RetentionSteps(Connection connection, int batchSize) {
        this.connection = connection;
        this.batchSize = batchSize;
    }

    /** Whether this connection runs the retention, until it is closed. */
    Mono<Boolean> begin() {
        return one(LOCK, List.of(), row -> get(row, Boolean.class))
                .flatMap(locked -> one(ASYNCHRONOUS, List.of(), row -> locked))
                .flatMap(locked -> one(ALLOWED, List.of(), row -> locked));
    }

    Mono<Long> removeOrphans() {
        return one(HAS_ORPHANS, List.of(), row -> get(row, Boolean.class))
                .flatMap(has -> has ? Rows.written(connection.createStatement(REMOVE_ORPHANS)) : Mono.just(0L));
    }

    /** Up to where every known client has acknowledged; 0 if there is none. */
    Mono<Long> acknowledged() {
        return number(ACKNOWLEDGED);
    }

    /** Marks some changes that are not marked yet; emits how many. */
    Mono<Long> mark(long upTo) {
        return number(MARK, upTo, batchSize);
    }

    /** Removes some changes that every client has acknowledged; emits how many. */
    Mono<Long> removeProcessed(Duration olderThan) {
        return remove(olderThan, true, 0);
    }

    /** Removes some changes, even if clients still need them; emits how many. */
    Mono<Long> removeAny(Duration olderThan, long upTo) {
        return remove(olderThan, false, upTo);
    }

    private Mono<Long> remove(Duration olderThan, boolean processed, long upTo) {
        double seconds = olderThan.toMillis() / 1000.0;
        return number(OLDEST, seconds, processed, upTo)
                .flatMap(due -> due == 0 ? Mono.just(0L) : number(REMOVE, seconds, processed, upTo, batchSize));
    }

    /** The newest change beyond the limit of rows; 0 if there is none. */
    Mono<Long> cap(long maxRows) {
        return number(CAP, maxRows);
    }

    private Mono<Long> number(String sql, Object... values) {
        return one(sql, List.of(values), row -> get(row, Long.class));
    }

    private <T> Mono<T> one(String sql, List<?> values, java.util.function.Function<Readable, T> mapper) {
        return Rows.one(Rows.bind(connection.createStatement(sql), values), mapper);
    }

    private static <T> T get(Readable row, Class<T> type) {
        return Objects.requireNonNull(row.get(0, type));
    }
}
