// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.ResponseTimeout.NoAnswer;
import io.nvsentinel.datastore.internal.connection.server.Backend;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Statements that may be committing and whose callers have cancelled.
 *
 * <p>A COMMIT that waits for a missing synchronous standby waits without limit, regardless of the client: closing the
 * connection leaves the server's process behind, and any way of ending that makes the change visible. So such a
 * connection stays open and keeps its place in the pool while the server says that the process is at work, which bounds
 * the processes of a datastore by its {@code maxConnections}. When half of the places are known to be taken, writes are
 * refused before they are sent, so that reads still have connections. Thread-safe.
 */
final class AbandonedWrites {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);
    private static final Duration CHECK_IS_NEW = Duration.ofSeconds(1);

    private static final String AT_WORK = """
            SELECT pid, wait_event = 'SyncRep' FROM pg_stat_activity
            WHERE usename = current_user AND state <> 'idle' AND pid <> pg_backend_pid()""";

    private final int most;
    private final Runnable unreachable;
    private final Scheduler timer;
    private final AtomicInteger abandoned = new AtomicInteger();

    /** One query serves all callers at about the same time. */
    private final Mono<Set<Session>> atWork;

    private record Session(int pid, boolean waitsForStandby) {}

    /**
     * None yet.
     *
     * @param connector makes the connections to ask over
     * @param connections how many the pool may have
     * @param unreachable called when the server cannot be asked
     */
    AbandonedWrites(Connector connector, int connections, Runnable unreachable, Scheduler timer) {
        this.most = Math.max(1, connections / 2);
        this.unreachable = unreachable;
        this.timer = timer;
        this.atWork = Mono.usingWhen(connector.create(), AbandonedWrites::ask, connector::close)
                .timeout(CHECK_INTERVAL, timer)
                .doOnError(error -> unreachable.run())
                .cache(found -> CHECK_IS_NEW, error -> Duration.ZERO, () -> Duration.ZERO, timer);
    }

    private static Mono<Set<Session>> ask(PostgresqlConnection connection) {
        return Flux.from(connection.createStatement(AT_WORK).execute())
                .concatMap(result -> result.map(
                        row -> new Session(row.get(0, Integer.class), Boolean.TRUE.equals(row.get(1, Boolean.class)))))
                .collect(Collectors.toSet());
    }

    /** Fails where writes have to wait until abandoned ones have ended. */
    <T> Mono<T> admit(String action, Mono<T> write) {
        return Mono.defer(() -> abandoned.get() < most
                ? write
                : Mono.error(new UnavailableException(
                        new ErrorContext(action, null),
                        "not sent: " + abandoned
                                + " earlier writes that their callers cancelled are still being committed, "
                                + "possibly waiting for a synchronous standby",
                        null)));
    }

    /**
     * Waits for the outcome of a write while the server is executing it.
     *
     * @param backend the server's identity when the connection was opened, if known
     * @param end completes when the server has answered
     * @param silent whether the answer is overdue
     * @return cold; fails with {@link NoAnswer} if the server cannot be queried, or is not executing the write, and
     *     otherwise like {@code end}
     */
    Mono<Void> outcome(@Nullable Backend backend, Mono<Void> end, boolean silent) {
        return Mono.defer(() -> {
            AtomicBoolean counted = new AtomicBoolean();
            Mono<Boolean> check = requireAtWork(backend).then(Mono.fromSupplier(() -> count(counted)));
            return (silent ? check : Mono.empty())
                    .then(end.timeout(CHECK_INTERVAL, timer)
                            .retryWhen(Retry.from(
                                    late -> late.concatMap(signal -> signal.failure() instanceof TimeoutException
                                            ? check
                                            : Mono.error(signal.failure())))))
                    .doFinally(signal -> {
                        if (counted.get()) {
                            abandoned.decrementAndGet();
                        }
                    });
        });
    }

    private boolean count(AtomicBoolean counted) {
        if (counted.compareAndSet(false, true)) {
            abandoned.incrementAndGet();
        }
        return true;
    }

    private Mono<Void> requireAtWork(@Nullable Backend backend) {
        if (backend == null) {
            return Mono.error(new NoAnswer());
        }
        return atWork.onErrorMap(error -> new NoAnswer()).flatMap(sessions -> {
            Session found = sessions.stream()
                    .filter(session -> session.pid() == backend.pid())
                    .findAny()
                    .orElse(null);
            if (found == null) {
                return Mono.error(new NoAnswer());
            }
            if (found.waitsForStandby()) {
                LOG.warn(
                        "Commit is waiting for a synchronous standby: pid={}; its connection remains "
                                + "in use until the standby confirms",
                        found.pid());
            }
            return Mono.empty();
        });
    }
}
