// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.OwnerStatement.Request;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One owner of a client name at work: its position is stored every 250 ms if it is new, its lease is renewed three times in
 * the lease's time, and once a second it notices whether it is the owner no longer.
 */
public final class Ownership {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.client");
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
     * Stores the position, renews the lease and checks that the name is still owned, together with all other owners of the
     * process, for as long as it is subscribed to.
     *
     * @param patience how long that may fail, with errors that may pass, before storing ends; null for no limit
     * @return cold; ends only with an error: {@link ClientFencedException}, one that will not pass, or one that did not
     */
    public Mono<Void> keep(@Nullable Duration patience) {
        return tokens.rounds().keep(new Kept(patience));
    }

    /** The end of a snapshot counts, even if nothing was changed meanwhile. */
    private boolean isNew(Position token) {
        Position last = stored;
        return token.id() != last.id() || token.isWithinSnapshot() != last.isWithinSnapshot();
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

    private final class Kept implements OwnerRounds.Owner {

        private final @Nullable Duration patience;

        private Kept(@Nullable Duration patience) {
            this.patience = patience;
        }

        @Override
        public @Nullable Request toStore() {
            Position token = reached.get();
            return isNew(token) ? Request.store(owned, token, tokens.lease()) : null;
        }

        @Override
        public @Nullable Request toRenew(long now, Duration within) {
            Position token = reached.get();
            long age = now - leasedAt + within.toMillis();
            if (age >= tokens.lease().toMillis() / RENEWALS_A_LEASE) {
                return Request.renew(owned, token, tokens.lease());
            }
            return within.isZero() ? null : Request.check(owned, token);
        }

        @Override
        public void done(Request request, long began) {
            failingSince = Long.MAX_VALUE;
            if (request.leaseDuration() != null) {
                leasedAt = began;
            }
            if (request.store()) {
                stored(request.token());
            }
        }

        @Override
        public boolean mayRetry(Throwable error) {
            listener.onNotStored(owned, error);
            failingSince = Math.min(failingSince, now());
            return Outages.mayPass(error) && (patience == null || now() - failingSince < patience.toMillis());
        }
    }

    /**
     * How long the position could not be stored, or the lease not be renewed.
     *
     * @return zero if the last attempt succeeded
     */
    public Duration failingFor() {
        return Duration.ofMillis(Math.max(0, now() - failingSince));
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
                        Printable.line(error.toString())))
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
