// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.internal.changelog.ChangelogPage;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader.Newest;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader.TailReading;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.History;
import io.nvsentinel.changestream.internal.wakeup.Doorbell;
import io.nvsentinel.changestream.internal.wakeup.Gate;
import io.nvsentinel.changestream.internal.wakeup.Gate.GateLostException;
import io.nvsentinel.changestream.internal.wakeup.Listening;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The end of the changelog, shared by all watches. Whoever waits for the next change drives it; all who wait share one
 * step at a time. Nothing runs while nobody waits.
 */
public final class Tail {

    private static final Duration SETTLE_PAUSE = Duration.ofMillis(2);

    private final ChangelogReader reader;
    private final Listening listening;
    private final Doorbell doorbell;
    private final Duration pollInterval;
    private final Patience patience;
    private final Scheduler timer;
    private final ChangeStreamListener listener;
    private final GapReport gaps;

    private final AtomicReference<@Nullable Chunk> latest = new AtomicReference<>();
    private final AtomicReference<@Nullable Mono<Chunk>> flight = new AtomicReference<>();
    private volatile TailState state = TailState.at(0);
    private volatile Pace pace = Pace.START;

    /**
     * A tail; nothing is read before somebody waits.
     *
     * @param reader reads the changelog
     * @param listening where wake-ups come from
     * @param doorbell rings on wake-ups
     * @param settings how patient it is, and who hears of it
     */
    public Tail(ChangelogReader reader, Listening listening, Doorbell doorbell, TailSettings settings) {
        this.reader = reader;
        this.listening = listening;
        this.doorbell = doorbell;
        this.pollInterval = settings.pollInterval();
        this.patience = settings.patience();
        this.timer = settings.timer();
        this.listener = settings.listener();
        this.gaps = new GapReport(reader, timer, listener);
    }

    /**
     * The first watch joins: the tail starts where that one does.
     *
     * @param settledPosition everything up to it is delivered or dead
     */
    public synchronized void startAt(long settledPosition) {
        state = TailState.at(settledPosition);
        latest.set(null);
        pace = Pace.START;
    }

    /**
     * A position such that every change up to it is visible or dead, and every change committed from now on is behind
     * it. Waits for the transactions that are committing a change just now.
     *
     * @return cold; emits the position
     */
    public Mono<Newest> now() {
        return reader.newest()
                .flatMap(newest -> reader.holders()
                        .flatMap(first -> Mono.defer(reader::holders)
                                .filter(holders -> Collections.disjoint(first, holders))
                                .repeatWhenEmpty(attempts -> attempts.delayElements(SETTLE_PAUSE, timer)))
                        .thenReturn(newest));
    }

    /**
     * The settled changes behind a position: from memory, from the settled part, or once there are any.
     *
     * @param position the position
     * @return cold; emits one chunk, which begins at the position; waits for ever
     */
    public Mono<Chunk> next(long position) {
        return Mono.defer(() -> nearest(position)).repeatWhenEmpty(attempts -> attempts);
    }

    private Mono<Chunk> nearest(long position) {
        Chunk recent = latest.get();
        if (recent != null && recent.covers(position)) {
            return Mono.just(recent.behind(position));
        }
        long head = state.position();
        if (position < head) {
            return patience.with(reader.settled(position, head).map(page -> caughtUp(position, head, page)));
        }
        return Mono.defer(this::head).filter(chunk -> chunk.covers(position)).map(chunk -> chunk.behind(position));
    }

    private Chunk caughtUp(long position, long head, ChangelogPage page) {
        History.verify(position, page);
        List<ChangelogRow> rows = page.rows();
        Chunk chunk = new Chunk(
                position, page.complete() ? head : rows.get(rows.size() - 1).id(), rows);
        listener.onPageRead(rows.size(), chunk.bytes(), true);
        return chunk;
    }

    private Mono<Chunk> head() {
        Mono<Chunk> mine = patience.with(Mono.defer(this::turn))
                .repeatWhenEmpty(attempts -> attempts)
                .doOnTerminate(() -> flight.set(null))
                .share();
        Mono<Chunk> theirs = flight.compareAndExchange(null, mine);
        return theirs == null ? mine : theirs;
    }

    /** One read, after the pause or the sleep that is due; empty if it brought nothing. */
    private Mono<Chunk> turn() {
        Pace current = pace;
        if (current.maySleep() && !state.hasGap()) {
            return sleep();
        }
        return pause(current).then(read(WakeUp.AWAKE));
    }

    private Mono<Long> pause(Pace current) {
        return current.pause().isZero() ? Mono.empty() : Mono.delay(current.pause(), timer);
    }

    private Mono<Chunk> sleep() {
        Gate gate = listening.gate();
        if (gate == null) {
            return doorbell.await(pollInterval, timer)
                    .flatMap(rang -> read(rang ? WakeUp.NOTIFICATION : WakeUp.POLL_INTERVAL));
        }
        return gate.<Chunk>whileArmed(outcome -> switch (outcome) {
                    case WRITERS_COMMITTING -> pause(pace).then(read(WakeUp.WRITERS_COMMITTING));
                    case ARMED -> readArmed(gate, WakeUp.ARMED).switchIfEmpty(Mono.defer(() -> slumber(gate, true)));
                    case ANOTHER_ARMED -> read(WakeUp.ARMED).switchIfEmpty(Mono.defer(() -> slumber(gate, false)));
                })
                .onErrorResume(GateLostException.class, lost -> {
                    listening.lost(gate);
                    return Mono.empty();
                });
    }

    private Mono<Chunk> slumber(Gate gate, boolean armed) {
        return doorbell.await(pollInterval, timer).flatMap(rang -> {
            if (!rang) {
                return armed ? readArmed(gate, WakeUp.POLL_INTERVAL) : read(WakeUp.POLL_INTERVAL);
            }
            pace = Pace.START;
            return armed ? readWhileDisarming(gate) : read(WakeUp.NOTIFICATION);
        });
    }

    /** Writers need not notify any more, and reading need not wait until they know. */
    private Mono<Chunk> readWhileDisarming(Gate gate) {
        return Mono.zip(
                        read(WakeUp.NOTIFICATION).map(Optional::of).defaultIfEmpty(Optional.empty()),
                        gate.disarm().thenReturn(true))
                .flatMap(both -> Mono.justOrEmpty(both.getT1()));
    }

    /** Found although nobody rang: those asleep behind this one have to be told. */
    private Mono<Chunk> readArmed(Gate gate, WakeUp cause) {
        return read(cause).flatMap(chunk -> gate.wakeOthers().thenReturn(chunk));
    }

    private Mono<Chunk> read(WakeUp cause) {
        return Mono.defer(() -> {
            listener.onWakeUp(cause);
            TailState before = state;
            return reader.tail(before.position(), before.hasGap()).flatMap(reading -> accept(before, reading));
        });
    }

    private Mono<Chunk> accept(TailState before, TailReading reading) {
        ChangelogPage page = reading.page();
        History.verify(before.position(), page);
        listener.onPageRead(page.rows().size(), page.bytes(), false);
        TailState known = reading.holders() == null ? before : before.withHolders(reading.holders());
        TailStep step = known.withPage(page.rows(), page.complete());
        if (!advance(before, step.next())) {
            return Mono.empty();
        }
        Chunk chunk = step.chunk();
        boolean progress = chunk.upTo() > chunk.after();
        pace = progress ? pace.afterRows(!page.complete()) : pace.afterNothing();
        if (progress) {
            latest.set(chunk);
        }
        return gaps.observe(step.next()).then(progress ? Mono.just(chunk) : Mono.empty());
    }

    /** A step that was cancelled and still came to its end changes nothing. */
    private synchronized boolean advance(TailState from, TailState to) {
        boolean mine = state == from;
        state = mine ? to : state;
        return mine;
    }
}
