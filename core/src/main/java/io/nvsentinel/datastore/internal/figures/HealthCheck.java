// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.figures;

import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsStatus;
import io.nvsentinel.tls.TlsStatus.Role;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/** Asks the server for an answer, and judges by it and by what is known here. */
public final class HealthCheck {

    private static final String ANSWER = """
            SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_setting('server_version'),
                coalesce(has_table_privilege(to_regclass('{schema}.nvsentinel_schema_history'), 'SELECT'), false)""";

    private static final String VERSION = """
            SELECT version FROM {schema}.nvsentinel_schema_history
            WHERE success AND version IS NOT NULL ORDER BY installed_rank DESC LIMIT 1""";

    /**
     * Writes a temporary file of about 100 kB into the database's tablespace, of which nothing remains: a sort that does not fit
     * into the smallest {@code work_mem}. It writes neither a table nor the log, and fails when the disk is full.
     */
    private static final String SPILL = """
            SET LOCAL work_mem = '64kB';
            SELECT count(*) FROM (SELECT number FROM generate_series(1, 5000) AS number ORDER BY -number) AS sorted""";

    private static final String DISK_FULL = "53100";

    private static final double NANOS_A_MILLI = 1_000_000;

    private final Connections connections;

    /**
     * Asks nothing yet.
     *
     * @param connections asked, and judged
     */
    public HealthCheck(Connections connections) {
        this.connections = connections;
    }

    private record Answer(boolean standby, boolean readOnly, String serverVersion, boolean versioned) {

        static Answer of(Readable row) {
            return new Answer(
                    flag(row, 0), flag(row, 1), Objects.requireNonNull(row.get(2, String.class)), flag(row, 3));
        }

        private static boolean flag(Readable row, int column) {
            return Boolean.TRUE.equals(row.get(column, Boolean.class));
        }
    }

    private record Reply(Answer answer, double roundTripMillis, String schemaVersion, boolean diskFull) {}

    /**
     * Asks and judges.
     *
     * @param within how long it may take
     * @return cold; never fails
     */
    public Mono<Health> check(Duration within) {
        return Mono.defer(() -> {
            Mono<Signal<Reply>> asked = connections
                    .read("Check health", HealthCheck::ask)
                    .switchIfEmpty(Mono.error(() ->
                            new UnavailableException("Check health: the server's answer has no rows", null, null)))
                    .timeout(within)
                    .materialize();
            return Mono.zip(asked, isReached(within))
                    .map(known -> known.getT1().hasValue()
                            ? judge(Objects.requireNonNull(known.getT1().get()))
                            : silent(Objects.requireNonNull(known.getT1().getThrowable()), within, known.getT2()))
                    .onErrorResume(error -> Mono.just(silent(error, within, true)));
        });
    }

    /**
     * If all connections of the pool are in use, a busy server cannot be distinguished from one that no longer answers.
     */
    private Mono<Boolean> isReached(Duration within) {
        return isBusy()
                ? connections.reach().timeout(within).thenReturn(true).onErrorResume(HealthCheck::isTooFull)
                : Mono.just(true);
    }

    private static Mono<Boolean> isTooFull(Throwable error) {
        return Mono.just(error instanceof DatastoreException refused
                && refused.sqlState() != null
                && refused.sqlState().startsWith("53"));
    }

    private boolean isBusy() {
        PoolMetrics pool = connections.figures();
        return pool.acquired() >= pool.max();
    }

    private static Mono<Reply> ask(Connection connection) {
        return Mono.defer(() -> {
            long asked = System.nanoTime();
            return Rows.one(connection.createStatement(ANSWER), Answer::of).flatMap(answer -> {
                double took = (System.nanoTime() - asked) / NANOS_A_MILLI;
                return version(connection, answer)
                        .flatMap(version -> isDiskFull(connection).map(full -> new Reply(answer, took, version, full)));
            });
        });
    }

    private static Mono<String> version(Connection connection, Answer answer) {
        return answer.versioned()
                ? Rows.one(connection.createStatement(VERSION), row -> Objects.requireNonNull(row.get(0, String.class)))
                        .defaultIfEmpty("")
                : Mono.just("");
    }

    /** What else can be wrong with a temporary file, for example {@code temp_file_limit}, says nothing about writes. */
    private static Mono<Boolean> isDiskFull(Connection connection) {
        return Flux.from(connection.createStatement(SPILL).execute())
                .concatMap(result -> result.map(row -> true))
                .then(Mono.just(false))
                .onErrorResume(R2dbcException.class, error -> Mono.just(DISK_FULL.equals(error.getSqlState())));
    }

    private Health judge(Reply reply) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("roundTripMillis", reply.roundTripMillis());
        details.put("role", reply.answer().standby() ? "standby" : "primary");
        details.put("serverVersion", reply.answer().serverVersion());
        if (!reply.schemaVersion().isEmpty()) {
            details.put("schemaVersion", reply.schemaVersion());
        }
        List<String> reasons = new ArrayList<>();
        if (reply.answer().standby() || reply.answer().readOnly()) {
            reasons.add("The server accepts no writes");
        } else if (reply.diskFull()) {
            reasons.add("The server's disk is full: it accepts no writes");
        } else {
            connections.failingWrites().ifPresent(error -> reasons.add("Writes fail: " + error.getMessage()));
        }
        addOwn(reasons, details);
        return new Health(reasons.isEmpty() ? State.UP : State.DEGRADED, reasons, details);
    }

    /** A busy pool is no dead server: then it is known only that there was no connection to ask with. */
    private Health silent(Throwable error, Duration within, boolean reached) {
        Map<String, Object> details = new LinkedHashMap<>();
        List<String> reasons = new ArrayList<>();
        addOwn(reasons, details);
        reasons.add(
                0,
                error instanceof TimeoutException
                        ? "No answer within " + within.toMillis() + " ms"
                        : String.valueOf(error.getMessage()));
        return new Health(isBusy() && reached ? State.DEGRADED : State.DOWN, reasons, details);
    }

    /** What is known without asking. */
    private void addOwn(List<String> reasons, Map<String, Object> details) {
        PoolMetrics pool = connections.figures();
        details.put("pool", pool);
        if (pool.pending() > 0 && pool.acquired() >= pool.max()) {
            reasons.add(
                    "All " + pool.max() + " connections are in use, and " + pool.pending() + " callers are waiting");
        }
        Map<String, String> readHosts = connections.readHosts();
        if (!readHosts.isEmpty()) {
            details.put("readHosts", readHosts);
        }
        TlsContext tls = connections.tls();
        if (tls != null) {
            addCertificates(tls.status(), reasons, details);
        }
    }

    private static void addCertificates(TlsStatus tls, List<String> reasons, Map<String, Object> details) {
        tls.lastFailure().ifPresent(failure -> reasons.add("New TLS files cannot be used: " + failure.message()));
        tls.daysLeft(Role.CLIENT).ifPresent(days -> {
            details.put("certificateDaysLeft", days);
            if (days < 0) {
                reasons.add("The client certificate has expired");
            }
        });
    }
}
