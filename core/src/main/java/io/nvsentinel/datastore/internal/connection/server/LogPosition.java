// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.r2dbc.spi.Connection;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How far the primary's log was flushed at a moment: everything that was acknowledged before is below.
 *
 * @param lsn the position in bytes
 * @param clock the primary's clock then, in microseconds
 * @param asked when it was asked, in the nanoseconds of this program
 */
public record LogPosition(long lsn, long clock, long asked) {

    private static final String SQL = """
            SELECT CAST(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0') AS bigint),
                CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)""";

    /**
     * Asks the primary.
     *
     * @param connection a connection to it
     * @return cold; emits its position
     */
    public static Mono<LogPosition> of(Connection connection) {
        return Mono.defer(() -> {
            long asked = System.nanoTime();
            return Flux.from(connection.createStatement(SQL).execute())
                    .concatMap(result -> result.map(row -> new LogPosition(
                            Objects.requireNonNull(row.get(0, Long.class)),
                            Objects.requireNonNull(row.get(1, Long.class)),
                            asked)))
                    .single();
        });
    }
}
