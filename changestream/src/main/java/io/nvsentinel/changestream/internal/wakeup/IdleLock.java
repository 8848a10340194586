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
 * The advisory lock by which writers know whether a subscriber is idle, for one LISTEN connection.
 *
 * <p>Every statement has a timeout: on a silently broken connection it would never end.
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
        /** No subscriber was idle and no writer was committing: from now on writers notify. */
        ARMED,
        /** Transactions that will not notify are committing. */
        WRITERS_COMMITTING,
        /** Another subscriber is idle, so writers notify. */
        ANOTHER_ARMED
    }

    private final PostgresqlConnection connection;
    private final String name = UUID.randomUUID().toString();
    private final Duration timeout;
    private final Scheduler timer;
    private final String tell;
    private final AtomicBoolean mayHoldLock = new AtomicBoolean();
    private final PendingNotification pendingNotification = new PendingNotification();
    private final Sinks.Empty<Void> lost = Sinks.empty();

    IdleLock(PostgresqlConnection connection, Duration timeout, Scheduler timer) {
        this.connection = connection;
        this.timeout = timeout;
        this.timer = timer;
        // Notifications are serialized until they are flushed, and this one need not be durable.
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
                        // Not Mono.flatMap, which may miss a cancellation: work that continues then would clear the
                        // pending notification.
                        idleLock -> idleLock.arm().flux().concatMap(work, 1),
                        IdleLock::letGo,
                        (idleLock, error) -> idleLock.letGo(),
                        IdleLock::letGo)
                // Cancels before it emits, which sends the release.
                .next();
    }

    /**
     * If the connection is lost, the lock is released with it; that must not hide the result or the error of the work.
     */
    private Mono<Void> letGo() {
        return disarm().onErrorComplete(GateLostException.class);
    }

    /** Recorded before it is sent: if this is cancelled partway, the lock may be held nevertheless. */
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
            pendingNotification.letGo();
            return one("SELECT " + UNLOCK).then();
        });
    }

    /**
     * Changes were found for which there may have been no notification: the idle subscribers that rely on this one must
     * be notified.
     */
    void found() {
        pendingNotification.found(mayHoldLock.get());
    }

    /**
     * The sessions that hold the lock as committing writers do.
     *
     * @return cold; emits text for people, nothing if there is none; fails with {@link GateLostException}
     */
    public Mono<String> holders() {
        return one(HOLDERS).filter(names -> !names.isEmpty());
    }

    /** Nothing was found since the lock is held, by this one or another: idle streams rely on that. */
    public void nothingFound() {
        pendingNotification.settle();
    }

    /**
     * Notifies the idle subscribers that rely on this one when that is due.
     *
     * @return cold; never completes
     */
    Flux<Void> telling() {
        return pendingNotification
                .due(timer)
                .onBackpressureLatest()
                // The failure is reported by whenLost.
                .concatMap(due -> pendingNotification.take()
                        ? one("SELECT " + tell).onErrorComplete().then()
                        : Mono.empty());
    }

    /**
     * For the end of the connection: releases the lock, and notifies the idle subscribers that rely on this one. One
     * statement, because the connection may be closed after it.
     *
     * @return cold; completes, even if the connection is lost
     */
    Mono<Void> leave() {
        return Mono.defer(() -> {
            boolean held = mayHoldLock.getAndSet(false);
            boolean owed = pendingNotification.take();
            return held || owed
                    ? one("SELECT " + UNLOCK + " || " + tell).onErrorComplete().then()
                    : Mono.empty();
        });
    }

    /** Whether this lock has sent the notification, so that it is already known here. */
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
        pendingNotification.take();
        lost.tryEmitError(error);
    }

    /** Fails once a statement was not answered; of no use from then on, though it may answer later. */
    Mono<IdleLock> whenLost() {
        return lost.asMono().cast(IdleLock.class);
    }

    /** The LISTEN connection does not answer; the stream continues by polling. */
    public static final class GateLostException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        GateLostException(Throwable cause) {
            super("The LISTEN connection does not answer", cause);
        }
    }
}
