// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.client.OwnerStatement.Answer;
import io.nvsentinel.changestream.internal.client.OwnerStatement.Request;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Stores positions, renews leases and checks ownership for all client names that one process owns, together: one statement
 * every 250 ms stores what is new, and one a second renews and checks all others. A client that another transaction has
 * locked, or whose request made the statement fail, is handled by a statement of its own, so that it delays no other client.
 * Nothing runs while no client is kept.
 */
public final class OwnerRounds {

    private static final Duration TURN = Duration.ofMillis(250);
    private static final Duration CHECK = Duration.ofSeconds(1);

    private final OwnerStatement statement;
    private final Scheduler timer;
    private final Set<Member> members = ConcurrentHashMap.newKeySet();
    private final Flux<Void> rounds;
    private final Flux<Long> turns;
    private volatile long checkedAt;

    /**
     * Nothing is kept yet.
     *
     * @param connections the connections
     * @param json writes positions
     * @param timer provides the current time and delays
     */
    public OwnerRounds(Connections connections, JsonCodec json, Scheduler timer) {
        this.statement = new OwnerStatement(connections, json);
        this.timer = timer;
        this.turns = Mono.delay(TURN, timer).repeat().share();
        this.rounds = Flux.merge(repeated(this::store), repeated(this::renew)).share();
    }

    private Flux<Void> repeated(Supplier<Mono<Void>> round) {
        return Mono.delay(TURN, timer).then(Mono.defer(round)).repeat();
    }

    /** One owner that takes part. Its methods are called by one thread at a time. */
    interface Owner {

        /**
         * Returns what is to be stored.
         *
         * @return null if nothing is
         */
        @Nullable
        Request toStore();

        /**
         * Returns what else is due.
         *
         * @param now milliseconds of the timer's steady clock
         * @param within the time until the next check; zero if this is not a check
         * @return a renewal if that is due before the next check; else a check if this is one; else null
         */
        @Nullable
        Request toRenew(long now, Duration within);

        /**
         * A request was done.
         *
         * @param request the request
         * @param began when it was made, in milliseconds of the timer's steady clock
         */
        void done(Request request, long began);

        /**
         * A request was not done.
         *
         * @param error why
         * @return whether to try again
         */
        boolean mayRetry(Throwable error);
    }

    /**
     * Does what is due for an owner, for as long as it is subscribed to. What is on its way when it is cancelled may still be
     * done.
     *
     * @param owner the owner
     * @return cold; ends only with an error after which the owner does not try again
     */
    Mono<Void> keep(Owner owner) {
        return Mono.using(
                () -> {
                    Member member = new Member(owner);
                    members.add(member);
                    return member;
                },
                member -> Mono.firstWithSignal(member.ended.asMono(), rounds.then(), member.handledAlone()),
                members::remove);
    }

    /**
     * Every 250 ms; for all that is to be looked at so often and needs no statement.
     *
     * @return hot; never ends
     */
    public Flux<Long> turns() {
        return turns;
    }

    private Mono<Void> store() {
        Batch batch = new Batch(now());
        members.forEach(member -> batch.add(member, Owner::toStore));
        return batch.run(statement::storeAll, true);
    }

    private Mono<Void> renew() {
        long now = now();
        boolean check = now - checkedAt >= CHECK.toMillis();
        checkedAt = check ? now : checkedAt;
        Batch batch = new Batch(now);
        members.forEach(member -> batch.add(member, owner -> owner.toRenew(now, check ? CHECK : Duration.ZERO)));
        return batch.run(statement::renewAll, false);
    }

    /** Nanoseconds do not change when the clock is set. */
    private long now() {
        return TimeUnit.NANOSECONDS.toMillis(timer.now(TimeUnit.NANOSECONDS));
    }

    /** The requests of one statement. */
    private static final class Batch {

        private final long began;
        private final List<Member> due = new ArrayList<>();
        private final List<Request> requests = new ArrayList<>();

        private Batch(long began) {
            this.began = began;
        }

        private void add(Member member, Function<Owner, @Nullable Request> request) {
            Request made = member.claimed(request);
            if (made != null) {
                due.add(member);
                requests.add(made);
            }
        }

        /**
         * Runs the statement.
         *
         * @param waits whether it may wait for what only one of the requests needs
         */
        private Mono<Void> run(Function<List<Request>, Mono<List<Answer>>> statement, boolean waits) {
            if (due.isEmpty()) {
                return Mono.empty();
            }
            return statement
                    .apply(requests)
                    .onErrorResume(error -> Mono.just(failed(error, waits)))
                    .doOnNext(this::answer)
                    // A member that has just come may have been claimed by a round that the last one to leave has
                    // cancelled.
                    .doOnCancel(() -> due.forEach(Member::release))
                    .then();
        }

        private List<Answer> failed(Throwable error, boolean waits) {
            Answer answer = due.size() > 1 && mayBeOfOne(error, waits) ? Answer.BUSY : new Answer(error, false);
            return requests.stream().map(request -> answer).toList();
        }

        /** An unavailable server is nothing that one of them has caused. */
        private static boolean mayBeOfOne(Throwable error, boolean waits) {
            return !Outages.mayPass(error)
                    || error instanceof ConflictException
                    || (waits && error instanceof DatastoreException failure && SqlErrors.isTimeout(failure));
        }

        private void answer(List<Answer> answers) {
            for (int i = 0; i < due.size(); i++) {
                due.get(i).answered(requests.get(i), answers.get(i), began);
            }
        }
    }

    /** One owner, and whether a statement for it is on its way. */
    private final class Member {

        private final Owner owner;
        private final Sinks.Empty<Void> ended = Sinks.empty();
        private final Sinks.Many<Request> alone = Sinks.many().unicast().onBackpressureBuffer();
        private final AtomicBoolean claimed = new AtomicBoolean();

        private Member(Owner owner) {
            this.owner = owner;
        }

        @Nullable
        Request claimed(Function<Owner, @Nullable Request> made) {
            if (!claimed.compareAndSet(false, true)) {
                return null;
            }
            Request request = null;
            try {
                request = made.apply(owner);
            } catch (RuntimeException | Error e) {
                // Must not end the others' rounds.
                ended.tryEmitError(e);
            }
            if (request == null) {
                release();
            }
            return request;
        }

        void release() {
            claimed.set(false);
        }

        void answered(Request request, Answer answer, long began) {
            if (answer.isBusy()) {
                // Stays claimed until that is done.
                alone.tryEmitNext(request);
                return;
            }
            try {
                Throwable error = answer.error();
                if (error == null) {
                    owner.done(request, began);
                } else if (!owner.mayRetry(error)) {
                    ended.tryEmitError(error);
                }
            } catch (RuntimeException | Error e) {
                // Of a callback, which ends its own client.
                ended.tryEmitError(e);
            } finally {
                release();
            }
        }

        Mono<Void> handledAlone() {
            return alone.asFlux().concatMap(this::handleAlone).then();
        }

        private Mono<Void> handleAlone(Request request) {
            long began = now();
            return statement
                    .runOne(request)
                    .doOnSuccess(done -> owner.done(request, began))
                    .onErrorResume(error -> owner.mayRetry(error) ? Mono.empty() : Mono.error(error))
                    .doOnSuccess(done -> release());
        }
    }
}
