// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How far a server that is read from has replayed the primary's log.
 *
 * @param standby whether it is in recovery; false for one that has been promoted
 * @param lsn up to which position everything is visible
 * @param committed the primary's clock at the last commit that was replayed, in microseconds; null if there was none since
 *     the server started
 * @param timeline the timeline that it follows or writes, as eight hexadecimal digits; null if the server does not report it
 */
public record Replay(
        boolean standby,
        long lsn,
        @Nullable Long committed,
        @Nullable String timeline) {

    private static final String STATE = """
            SELECT pg_is_in_recovery(),
                CAST(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                    ELSE pg_current_wal_flush_lsn() END, '0/0') AS bigint),
                CAST(extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000 AS bigint)""";

    /**
     * The control file has a standby's new timeline only after its next restart point; the receiver has it immediately, and
     * shows it to users with the privileges of {@code pg_read_all_stats}.
     */
    private static final String WITH_TIMELINE = STATE + """
            , CASE WHEN pg_is_in_recovery() THEN upper(lpad(to_hex(greatest(timeline_id, min_recovery_end_timeline,
                    (SELECT max(received_tli) FROM pg_stat_wal_receiver))), 8, '0'))
                ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
            FROM pg_control_checkpoint(), pg_control_recovery()""";

    /**
     * Asks a server.
     *
     * @param connection a connection to it
     * @param identified whether it reports its identity
     * @return cold; emits its state
     */
    public static Mono<Replay> of(Connection connection, boolean identified) {
        return Flux.defer(() -> connection
                        .createStatement(identified ? WITH_TIMELINE : STATE)
                        .execute())
                .concatMap(result -> result.map(row -> Replay.read(row, identified)))
                .single();
    }

    private static Replay read(Readable row, boolean identified) {
        return new Replay(
                Boolean.TRUE.equals(row.get(0, Boolean.class)),
                Objects.requireNonNull(row.get(1, Long.class)),
                row.get(2, Long.class),
                identified ? row.get(3, String.class) : null);
    }

    /**
     * How stale this server is at most. No two clocks are compared: the time of the last replayed commit is the primary's,
     * and what has passed since the primary was asked is measured here.
     *
     * @param primary the primary's position, asked before or after this state
     * @param now the current time in the nanoseconds of this program
     * @return a bound on how long ago a commit can have been made that is not visible here; null if there is none
     */
    public @Nullable Duration staleness(LogPosition primary, long now) {
        long since = Math.max(0, now - primary.asked());
        if (lsn >= primary.lsn()) {
            return Duration.ofNanos(since);
        }
        return committed == null
                ? null
                : Duration.ofNanos(Math.max(0, since + TimeUnit.MICROSECONDS.toNanos(primary.clock() - committed)));
    }
}
