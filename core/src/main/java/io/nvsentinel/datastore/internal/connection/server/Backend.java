// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What a server says about itself on a new connection.
 *
 * @param pid the process that serves the connection; behind a pooler the session that executed the query
 * @param standby whether the server is in recovery
 * @param readOnly whether transactions are read-only unless they say otherwise
 * @param version the server's version
 * @param system the identifier that a primary and its standbys share; null if the server does not report it
 * @param timeline the timeline that a primary writes, as eight hexadecimal digits, which a promotion raises; null on a
 *     standby, and if the server does not report it
 */
public record Backend(
        int pid,
        boolean standby,
        boolean readOnly,
        String version,
        @Nullable String system,
        @Nullable String timeline) {

    private static final String STATE = """
            SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
                current_setting('server_version')""";

    /** The timeline of the control file is that of the last checkpoint, which may be older than the promotion. */
    private static final String IDENTITY = STATE + """
            , (SELECT system_identifier::text FROM pg_control_system()),
                CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END""";

    /** Queries the server; without the identity if the server denies it, as some managed servers do. */
    static Mono<Backend> of(Connection connection) {
        return ask(connection, IDENTITY, Backend::withIdentity)
                .onErrorResume(
                        Backend::isRefused, refused -> ask(connection, STATE, row -> withIdentity(row, null, null)));
    }

    private static Mono<Backend> ask(
            Connection connection, String sql, java.util.function.Function<Readable, Backend> mapper) {
        return Flux.from(connection.createStatement(sql).execute())
                .concatMap(result -> result.map(mapper))
                .single();
    }

    private static Backend withIdentity(Readable row) {
        return withIdentity(row, row.get(4, String.class), row.get(5, String.class));
    }

    private static Backend withIdentity(Readable row, @Nullable String system, @Nullable String timeline) {
        return new Backend(
                Objects.requireNonNull(row.get(0, Integer.class)),
                Boolean.TRUE.equals(row.get(1, Boolean.class)),
                Boolean.TRUE.equals(row.get(2, Boolean.class)),
                Objects.requireNonNull(row.get(3, String.class)),
                system,
                timeline);
    }

    /** Feature not supported, object not in a usable state, no such function or no right to it. */
    private static boolean isRefused(Throwable error) {
        String state = error instanceof R2dbcException driver ? driver.getSqlState() : null;
        return state != null && (state.startsWith("0A") || state.startsWith("55") || state.startsWith("42"));
    }

    /** Whether both are the same primary, as far as it is known. */
    boolean isSamePrimary(Backend other) {
        return Objects.equals(system, other.system)
                && Objects.equals(timeline, other.timeline)
                && version.equals(other.version);
    }

    /** Whether this is a primary from before the promotion that made the other one. */
    boolean isFormerPrimaryOf(Backend other) {
        return system != null
                && system.equals(other.system)
                && timeline != null
                && other.timeline != null
                && timeline.compareTo(other.timeline) < 0;
    }
}
