// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One owner of a client name at work: stores its position now and then, gives signs of life, and notices when it is the
 * owner no longer. Each of these is one small statement, and at most one is sent every 250 ms.
 */
public final class Ownership {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.client");
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    private static final long CHECK_AFTER_MILLIS = 1_000;
    private static final int RENEWALS_A_LEASE = 3;
    private static final int MARGINS_A_LEASE = 10;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

    private final ResumeTokens tokens;
    private final Owned owned;
    private final Supplier<Position> reached;
    private final Listener listener;
    private final Scheduler timer;
    private volatile Position stored;
    private volatile long leasedAt;
    private volatile long heardAt;
    private volatile long failingSince = Long.MAX_VALUE;

    /**
     * Creates an owner that has just opened a name.
     *
     * @param tokens stores positions
     * @param owned the name
     * @param reached the acknowledged position
     * @param listener is notified of positions
     * @param timer provides the time and delays
     */
    public Ownership(ResumeTokens tokens, Owned owned, Supplier<Position> reached, Listener listener, Scheduler timer) {
        this.tokens = tokens;
        this.owned = owned;
        this.reached = reached;
        this.listener = listener;
        this.timer = timer;
        this.stored = owned.token();
        this.leasedAt = owned.since();
        this.heardAt = leasedAt;
    }

    /**
     * The name that is owned.
     *
     * @return the name, and the epoch of this owner
     */
    public Owned owned() {
        return owned;
    }

    /**
     * Returns the acknowledged position.
     *
     * @return the position up to which everything is acknowledged; it may not be stored yet
     */
    public Position acknowledged() {
        return reached.get();
    }

    /**
     * Stores the position and renews the lease while it is subscribed.
     *
     * @param patience how long storing may fail with retryable errors; null means no limit
     * @return cold; terminates only with an error: {@link ClientFencedException}, a permanent error, or a retryable
     *     error that lasted too long
     */
    public Mono<Void> keep(@Nullable Duration patience) {
        return Mono.delay(LOOK_EVERY, timer)
                .then(Mono.defer(this::beat).onErrorResume(error -> passing(error, patience)))
                .repeat()
                .then();
    }

    private Mono<Void> beat() {
        long began = now();
        Position token = reached.get();
        if (isNew(token)) {
            return store(token).doOnSuccess(done -> leased(began));
        }
        if (began - leasedAt >= tokens.lease().toMillis() / RENEWALS_A_LEASE) {
            return tokens.renew(owned, token).doOnSuccess(done -> leased(began));
        }
        return began - heardAt < CHECK_AFTER_MILLIS
                ? Mono.empty()
                : tokens.check(owned, token).doOnSuccess(done -> contacted(began));
    }

    /** The end of a snapshot counts, even if nothing was changed meanwhile. */
    private boolean isNew(Position token) {
        Position last = stored;
        return token.id() != last.id() || token.isWithinSnapshot() != last.isWithinSnapshot();
    }

    private Mono<Void> store(Position token) {
        return tokens.store(owned, token).doOnSuccess(done -> stored(token));
    }

    private void stored(Position token) {
        stored = token;
        listener.onStored(owned, token);
    }

    private void released(Position token, boolean done) {
        if (done) {
            stored(token);
        } else {
            LOG.warn(
                    "Position not stored: client=\"{}\" position={}; the database was restored or "
                            + "failed over to an earlier state, and the client continues at the position "
                            + "that is stored there",
                    owned.client(),
                    token.id());
        }
    }

    private void leased(long began) {
        leasedAt = began;
        contacted(began);
    }

    private void contacted(long began) {
        heardAt = began;
        failingSince = Long.MAX_VALUE;
    }

    private Mono<Void> passing(Throwable error, @Nullable Duration patience) {
        listener.onNotStored(owned, error);
        failingSince = Math.min(failingSince, now());
        boolean patient = patience == null || now() - failingSince < patience.toMillis();
        return Outages.mayPass(error) && patient ? Mono.empty() : Mono.error(error);
    }

    /**
     * The time during which no other process can have become the owner.
     *
     * @return the remaining time of the lease; negative when it has expired
     */
    public Duration leaseLeft() {
        return Duration.ofMillis(leasedAt + tokens.lease().toMillis() - now());
    }

    /**
     * Waits while the lease is renewed in time. A tenth of it is reserved for stopping the handlers.
     *
     * @return cold; terminates only with an error: {@link ClientFencedException}, just before another process can
     *     become the owner
     */
    public Mono<Void> untilLeaseEnds() {
        return Mono.defer(() -> {
                    Duration left = leaseLeft().minus(tokens.lease().dividedBy(MARGINS_A_LEASE));
                    return left.isNegative() || left.isZero()
                            ? Mono.error(leaseEnded())
                            : Mono.delay(left, timer).then();
                })
                .repeat()
                .then();
    }

    /**
     * Checks, without a query, that no other process can be the owner yet.
     *
     * @return cold; fails with {@link ClientFencedException} when the lease has ended
     */
    public Mono<Void> requireLease() {
        return Mono.defer(() -> leaseLeft().isNegative() ? Mono.error(leaseEnded()) : Mono.empty());
    }

    private ClientFencedException leaseEnded() {
        return new ClientFencedException("The lease of the change stream client \"" + owned.client()
                + "\" was not renewed in time, so another process may own it");
    }

    /**
     * Stores the position a last time and gives the name up. A failure costs repeated events after a restart, so it only
     * is reported.
     *
     * @return cold; completes when it is done, at most after ten seconds
     */
    public Mono<Void> close() {
        return Mono.defer(() -> {
                    Position token = reached.get();
                    return tokens.release(owned, token).doOnNext(done -> released(token, done));
                })
                .then()
                .timeout(CLOSE_WITHIN, Mono.error(() -> ResumeTokens.noAnswer(CLOSE_WITHIN)), timer)
                .onErrorResume(ClientFencedException.class, fenced -> Mono.empty())
                .doOnError(error -> listener.onNotStored(owned, error))
                .doOnError(error -> LOG.warn(
                        "Last position not stored: client=\"{}\"; the changes handled since the "
                                + "previously stored position are delivered again: {}",
                        owned.client(),
                        error.toString()))
                .onErrorComplete();
    }

    /** Nanoseconds are not affected when the wall clock is set. */
    private long now() {
        return TimeUnit.NANOSECONDS.toMillis(timer.now(TimeUnit.NANOSECONDS));
    }

    /** Is notified of positions. */
    public interface Listener {

        /**
         * A position was stored.
         *
         * @param owned the name
         * @param token the position
         */
        void onStored(Owned owned, Position token);

        /**
         * A position was not stored, or the name is owned no longer.
         *
         * @param owned the name
         * @param error why
         */
        void onNotStored(Owned owned, Throwable error);
    }
}
