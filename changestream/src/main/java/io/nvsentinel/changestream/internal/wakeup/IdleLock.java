// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The advisory lock that tells writers whether a subscriber sleeps, as seen from one LISTEN connection.
 *
 * <p>Every statement is bounded: on a connection that has silently died none would ever end.
 */
public final class IdleLock {

    /** What LISTEN and NOTIFY name. */
    public static final String CHANNEL = "nvsentinel_changes";

    /** Also in the capture trigger's function. */
    private static final long KEY = 7813858212840129890L;

    private static final String ARM = String.format(Locale.ROOT, """
            SELECT CASE
                WHEN pg_try_advisory_lock(%1$d) THEN 'ARMED'
                WHEN pg_try_advisory_lock_shared(%1$d) THEN
                    CASE WHEN pg_advisory_unlock_shared(%1$d) THEN 'WRITERS_COMMITTING' END
                ELSE 'ANOTHER_ARMED'
            END""", KEY);

    /** Writers hold it for the milliseconds of their commit; any user of the database can hold it for longer. */
    private static final String HOLDERS = String.format(Locale.ROOT, """
            SELECT coalesce(string_agg(format('process %%s of user "%%s", application "%%s"', a.pid, a.usename,
                a.application_name), '; '), '')
            FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ShareLock' AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.classid = %d AND l.objid = %d""", KEY >>> 32, KEY & 0xffffffffL);

    private static final String UNLOCK = "pg_advisory_unlock_all()::text";

    /** How trying to arm ended. */
    public enum Outcome {
        /** Nobody was asleep and no writer was committing: from now on writers notify. */
        ARMED,
        /** Writers are committing who will not notify. */
        WRITERS_COMMITTING,
        /** Another subscriber sleeps, so writers notify. */
        ANOTHER_ARMED
    }

    private final PostgresqlConnection connection;
    private final String name = UUID.randomUUID().toString();
    private final Duration timeout;
    private final Scheduler timer;
    private final String tell;
    private final AtomicBoolean mayHoldLock = new AtomicBoolean();
    private final PendingNotification debt = new PendingNotification();
    private final Sinks.Empty<Void> lost = Sinks.empty();

    IdleLock(PostgresqlConnection connection, Duration timeout, Scheduler timer) {
        this.connection = connection;
        this.timeout = timeout;
        this.timer = timer;
        // Notifications take turns until they are on disk, and nobody needs this one to be.
        this.tell =
                "set_config('synchronous_commit', 'off', true) || pg_notify('" + CHANNEL + "', '" + name + "')::text";
    }

    /**
     * Tries to arm, and disarms when what follows ends or is cancelled. What the work gives does not wait for that: it is on
     * its way while the lock is released, and the next attempt to arm queues up behind that on the connection.
     *
     * @param work what to do with the outcome
     * @param <T> what it gives
     * @return cold; what the work gives; fails with {@link GateLostException} if the connection does not answer
     */
    public <T> Mono<T> whileArmed(Function<Outcome, Mono<T>> work) {
        return Flux.usingWhen(
                        Mono.just(this),
                        // Not Mono.flatMap, which may forget a cancellation: work that goes on then would settle what
                        // is owed.
                        gate -> gate.arm().flux().concatMap(work, 1),
                        IdleLock::letGo,
                        (gate, error) -> gate.letGo(),
                        IdleLock::letGo)
                // Cancels before it emits, which sends the release.
                .next();
    }

    /** Where the connection is lost, the lock goes with it; that must not hide what the work gave, or how it failed. */
    private Mono<Void> letGo() {
        return disarm().onErrorComplete(GateLostException.class);
    }

    /** Noted before it is sent: if this is cancelled half-way, the lock may be held all the same. */
    private Mono<Outcome> arm() {
        return Mono.defer(() -> {
            mayHoldLock.set(true);
            return one(ARM).map(Outcome::valueOf).doOnNext(outcome -> mayHoldLock.set(outcome == Outcome.ARMED));
        });
    }

    private Mono<Void> disarm() {
        return Mono.defer(() -> {
            if (!mayHoldLock.getAndSet(false)) {
                return Mono.empty();
            }
            debt.letGo();
            return one("SELECT " + UNLOCK).then();
        });
    }

    /** Changes were found that nobody may have been notified of: those asleep behind this one are to be told. */
    void found() {
        debt.found(mayHoldLock.get());
    }

    /**
     * The sessions that hold the lock as committing writers do.
     *
     * @return cold; emits text for people, nothing if there is none; fails with {@link GateLostException}
     */
    public Mono<String> holders() {
        return one(HOLDERS).filter(names -> !names.isEmpty());
    }

    /** Nothing was found since the lock is held, by this one or another: those asleep rely on that. */
    public void nothingFound() {
        debt.settle();
    }

    /**
     * Tells those asleep behind this one whenever that is due.
     *
     * @return cold; never ends by itself
     */
    Flux<Void> telling() {
        return debt.due(timer)
                .onBackpressureLatest()
                // That it failed is heard of from whenLost.
                .concatMap(due ->
                        debt.take() ? one("SELECT " + tell).onErrorComplete().then() : Mono.empty());
    }

    /**
     * For the end of the connection: lets go, and tells those asleep behind this one. In one statement, for the connection may
     * be closed behind it.
     *
     * @return cold; completes, also where the connection is lost
     */
    Mono<Void> leave() {
        return Mono.defer(() -> {
            boolean held = mayHoldLock.getAndSet(false);
            boolean owed = debt.take();
            return held || owed
                    ? one("SELECT " + UNLOCK + " || " + tell).onErrorComplete().then()
                    : Mono.empty();
        });
    }

    /** Whether this gate has sent it, which knows what it tells. */
    boolean isOwn(Notification notification) {
        return name.equals(notification.getParameter());
    }

    /** Notices a connection that has silently died. */
    Mono<Void> heartbeat() {
        return one("SELECT '1'").then();
    }

    private Mono<String> one(String sql) {
        return Rows.one(connection.createStatement(sql), row -> Objects.requireNonNull(row.get(0, String.class)))
                .timeout(timeout, timer)
                .onErrorMap(GateLostException::new)
                .doOnError(this::giveUp);
    }

    /** A lock that may be held is released by closing the connection. */
    private void giveUp(Throwable error) {
        mayHoldLock.set(false);
        debt.take();
        lost.tryEmitError(error);
    }

    /** Fails once a statement was not answered; of no use from then on, though it may answer later. */
    Mono<IdleLock> whenLost() {
        return lost.asMono().cast(IdleLock.class);
    }

    /** The LISTEN connection does not answer; the stream goes on by polling. */
    public static final class GateLostException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        GateLostException(Throwable cause) {
            super("The LISTEN connection does not answer", cause);
        }
    }
}
