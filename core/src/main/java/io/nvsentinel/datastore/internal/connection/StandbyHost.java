// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.LateErrors;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Freshness.NotFresh;
import io.nvsentinel.datastore.internal.connection.server.Backend;
import io.nvsentinel.datastore.internal.connection.server.Replay;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.datastore.query.ReadPreference.Mode;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * One of the hosts to read from, with a pool of its own. After a failure it is left alone for a while, and then tried by
 * one read at a time. Thread-safe.
 */
final class StandbyHost {

    /** How long a host may take before a read begins, if the primary may answer instead; documented in docs/operations.md. */
    static final Duration BOUND = Duration.ofSeconds(2);

    /** How long a host that failed is left alone; documented there too. */
    private static final Duration REST = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private final String name;
    private final Pool pool;
    private final Freshness freshness;
    private final ResponseTimeout patience;
    private final AtomicLong restEnds = new AtomicLong();
    private final AtomicBoolean failed = new AtomicBoolean();
    private volatile @Nullable String problem;

    /**
     * A host that is not connected to yet.
     *
     * @param options of which it is the only server
     * @param pool connections to it
     * @param freshness decides whether it is used
     * @param patience how long a read may take
     */
    StandbyHost(DatastoreOptions options, Pool pool, Freshness freshness, ResponseTimeout patience) {
        this.name = Addresses.text(options.addresses());
        this.pool = pool;
        this.freshness = freshness;
        this.patience = patience;
    }

    /** Nothing was read from a host; another one may be used. */
    static final class NotUsed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private NotUsed(String reason, @Nullable Throwable cause) {
            super(reason, cause, false, false);
        }

        /** All hosts have failed, and are left alone. */
        static NotUsed resting() {
            return new NotUsed("all failed a moment ago", null);
        }
    }

    boolean hasFailed() {
        return failed.get();
    }

    /** Whether to try this host. One that has failed is tried by the caller that gets true, and by no other for a while. */
    boolean mayBeTried() {
        if (!failed.get()) {
            return true;
        }
        long end = restEnds.get();
        long now = System.nanoTime();
        return now - end >= 0 && restEnds.compareAndSet(end, now + REST.toNanos());
    }

    /**
     * Reads if this host is fresh enough. If the primary may answer instead, the read must begin within a bound.
     *
     * @return cold; fails with {@link NotUsed} if it is not reached or not fresh enough, and otherwise as the read does
     */
    <T> Mono<T> read(String action, ReadPreference preference, Function<Connection, Mono<T>> work) {
        return Mono.defer(() -> {
            AtomicReference<Begin> begin = new AtomicReference<>(Begin.OPEN);
            Mono<T> begun = Mono.defer(() -> {
                begin.compareAndSet(Begin.OPEN, Begin.BEGUN);
                return begin.get() == Begin.BEGUN ? Mono.empty() : Mono.never();
            });
            Mono<T> read = pool.withConnection(action, lease -> {
                lease.onlyReads();
                return freshness.require(preference, replay(lease)).then(begun).then(Mono.defer(() -> {
                    isUsed();
                    return patience.with(lease.run(work));
                }));
            });
            return (preference.mode() == Mode.STANDBY ? read : bounded(read, action, preference, begin))
                    .onErrorMap(error -> SqlErrors.reading(error, action))
                    .onErrorMap(error -> begin.get() == Begin.BEGUN ? failed(error) : unused(error))
                    .contextWrite(LateErrors::quietly);
        });
    }

    /** Whether a read has begun, or took too long until then; the first one decides. */
    private enum Begin {
        OPEN,
        BEGUN,
        LATE
    }

    private <T> Mono<T> bounded(Mono<T> read, String action, ReadPreference preference, AtomicReference<Begin> begin) {
        Mono<Long> late = Mono.delay(BOUND.plus(preference.afterWithin()), patience.timer())
                .filter(end -> begin.compareAndSet(Begin.OPEN, Begin.LATE))
                .switchIfEmpty(Mono.never());
        return read.timeout(
                late,
                Mono.error(() -> new UnavailableException(
                        new ErrorContext(action, null),
                        "no connection and answer within " + BOUND.toSeconds() + " s",
                        null)));
    }

    private Mono<Replay> replay(PooledConnection lease) {
        Backend backend = pool.connector().backend(lease.connection());
        boolean identified = backend != null && backend.system() != null;
        return patience.atMost(BOUND).with(lease.run(connection -> Replay.of(connection, identified)));
    }

    private Throwable unused(Throwable error) {
        if (error instanceof InvalidRequestException closed && closed.sqlState() == null) {
            return error;
        }
        if (error instanceof NotFresh late) {
            if (!late.isOfPosition()) {
                problem = late.getMessage();
            }
            return new NotUsed(name + " " + late.getMessage(), late);
        }
        fail(error);
        return new NotUsed(name + " failed: " + error.getMessage(), error);
    }

    private Throwable failed(Throwable error) {
        if (error instanceof DatastoreException ours && SqlErrors.isServerLost(ours)) {
            fail(error);
        }
        return error;
    }

    private void fail(Throwable error) {
        restEnds.set(System.nanoTime() + REST.toNanos());
        problem = "failed: " + error.getMessage();
        if (!failed.getAndSet(true)) {
            LOG.warn(
                    "Read host failed: host={}, rests={} s, reason={}",
                    Printable.line(name),
                    REST.toSeconds(),
                    Printable.line(String.valueOf(error.getMessage())));
        }
    }

    private void isUsed() {
        problem = null;
        if (failed.get() && failed.getAndSet(false)) {
            LOG.info("Read host is used again: host={}", Printable.line(name));
        }
    }

    String name() {
        return name;
    }

    /** Why the last read that tried this host did not use it; null if it did, or if there was none. */
    @Nullable
    String problem() {
        return problem;
    }

    Mono<Void> close() {
        return pool.close();
    }
}
