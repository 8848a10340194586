// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Proves that what a statement saw is on disk. A session decides by itself whether its commit waits for that, up to the
 * moment of the commit, so that a change can be visible and still be lost in a crash.
 *
 * <p>All that a snapshot shows was committed, and its commit record was in the log, before the snapshot was taken. So the end
 * of the log, looked up by the same statement and thus later, is behind all of these records. Mostly it is flushed already;
 * else the flush is looked up again in a few milliseconds, because others are waiting for the same, and after that it is
 * requested. All of this is asked of the same process of the server, which has not ended between the two: after a crash the
 * log could be as long again, and hold other commits.
 */
final class Durability {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.tail");

    /** For the statement that is to be proven: an array of the end of the log, how far it is flushed, and the process. */
    static final String LOG_POSITIONS = """
            CASE WHEN NOT pg_is_in_recovery() THEN ARRAY[
                (pg_current_wal_insert_lsn() - '0/0')::bigint, (pg_current_wal_flush_lsn() - '0/0')::bigint,
                pg_backend_pid()::bigint] END""";

    private static final String LOOK = """
            SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint, pg_backend_pid()
            FROM pg_sleep(CAST($1 AS double precision) / 1000)""";

    /** A commit that wrote to the log waits until the log is flushed up to its end, on this server alone. */
    private static final String FLUSH = """
            SELECT set_config('synchronous_commit', 'local', true), pg_logical_emit_message(true, 'nvsentinel', ''::text)""";

    private static final String NOT_ALLOWED = "42501";
    private static final int LOOKS_BEFORE_FLUSH = 3;
    private static final int LONGEST_PAUSE = 50;

    private Durability() {}

    /**
     * What a statement says of the log.
     *
     * @param end behind the commit of everything that the statement saw
     * @param flushed how far the log was flushed
     * @param process the server's process
     */
    record Positions(long end, long flushed, long process) {

        /** Of a standby: it has no log of its own to flush. */
        static final Positions NONE = new Positions(0, 0, 0);

        static Positions of(Readable row, int column) {
            Long[] values = row.get(column, Long[].class);
            return values == null ? NONE : new Positions(values[0], values[1], values[2]);
        }

        boolean areDurable() {
            return flushed >= end;
        }
    }

    /**
     * Waits until what a statement saw is on disk.
     *
     * @param connection the connection of the statement
     * @param positions what the statement said of the log
     * @return cold; emits whether that is proven; if not, the statement has to be repeated, since another process answers
     */
    static Mono<Boolean> await(Connection connection, Positions positions) {
        return positions.areDurable() ? Mono.just(true) : look(connection, positions, 0);
    }

    private static Mono<Boolean> look(Connection connection, Positions positions, int looks) {
        int pause = looks == 0 ? 0 : Math.min(LONGEST_PAUSE, 1 << Math.min(looks - 1, 6));
        Mono<Void> before = looks == LOOKS_BEFORE_FLUSH ? flush(connection) : Mono.empty();
        return before.then(Mono.defer(() ->
                        Rows.one(connection.createStatement(LOOK).bind(0, pause), row -> verdict(row, positions))))
                .flatMap(verdict -> verdict == Verdict.NOT_YET
                        ? look(connection, positions, looks + 1)
                        : Mono.just(verdict == Verdict.DURABLE));
    }

    private enum Verdict {
        DURABLE,
        NOT_YET,
        ANOTHER_PROCESS
    }

    private static Verdict verdict(Readable row, Positions positions) {
        if (get(row, 1) != positions.process()) {
            return Verdict.ANOTHER_PROCESS;
        }
        return get(row, 0) >= positions.end() ? Verdict.DURABLE : Verdict.NOT_YET;
    }

    private static long get(Readable row, int column) {
        @Nullable Number value = row.get(column, Number.class);
        return Objects.requireNonNull(value).longValue();
    }

    /** The server flushes by itself after a while, so that a user who may not request it only waits longer. */
    private static Mono<Void> flush(Connection connection) {
        return Rows.written(connection.createStatement(FLUSH))
                .onErrorResume(
                        error -> error instanceof R2dbcException failure && NOT_ALLOWED.equals(failure.getSqlState()),
                        error -> {
                            LOG.debug(
                                    "The user may not execute pg_logical_emit_message: waiting for the log writer",
                                    error);
                            return Mono.empty();
                        })
                .then();
    }
}
