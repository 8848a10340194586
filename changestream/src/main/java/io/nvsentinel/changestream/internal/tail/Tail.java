// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.CollectionDroppedException;
import io.nvsentinel.changestream.internal.changelog.ChangelogEnd;
import io.nvsentinel.changestream.internal.changelog.ChangelogPage;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader.TailReading;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.History;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.changestream.internal.wakeup.Doorbell;
import io.nvsentinel.changestream.internal.wakeup.Gate;
import io.nvsentinel.changestream.internal.wakeup.Gate.GateLostException;
import io.nvsentinel.changestream.internal.wakeup.Listening;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

    private final WatchedTables tables = new WatchedTables();
    private final List<Selection> selections = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Served> latest = new AtomicReference<>();
    private final AtomicReference<@Nullable Mono<Served>> flight = new AtomicReference<>();
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

    /** A chunk, and those whose documents are in it. */
    private record Served(Chunk chunk, List<Selection> selections) {

        boolean hasProgress() {
            return chunk.upTo() > chunk.after();
        }

        boolean hasNext(long position, Selection selection) {
            return chunk.covers(position) && selections.contains(selection);
        }
    }

    /**
     * A watch joins; with the first one the tail starts where that one does.
     *
     * @param selection what it wants
     * @param settledPosition everything up to it is delivered or dead
     */
    public synchronized void join(Selection selection, long settledPosition) {
        if (selections.isEmpty()) {
            state = TailState.at(settledPosition);
            latest.set(null);
            pace = Pace.START;
        }
        selections.add(selection);
    }

    /**
     * A watch leaves.
     *
     * @param selection what it wanted
     */
    public synchronized void leave(Selection selection) {
        selections.remove(selection);
        tables.forget(selection);
    }

    /**
     * A position such that every change up to it is visible or dead, and every change committed from now on is behind
     * it. Waits for the transactions that are committing a change just now.
     *
     * @return cold; emits the position
     */
    public Mono<ChangelogEnd> now() {
        return reader.durableEnd()
                .flatMap(end -> reader.holders()
                        .flatMap(first -> Mono.defer(reader::holders)
                                .filter(holders -> Collections.disjoint(first, holders))
                                .repeatWhenEmpty(attempts -> attempts.delayElements(SETTLE_PAUSE, timer)))
                        .thenReturn(end));
    }

    /**
     * The settled changes behind a position: from memory, from the settled part, or once there are any.
     *
     * @param position the position
     * @param selection a watch that has joined
     * @return cold; emits one chunk, which begins at the position; waits for ever; fails with
     *     {@link CollectionDroppedException} at the end of a collection
     */
    public Mono<Chunk> next(long position, Selection selection) {
        return Mono.defer(() -> nearest(position, selection)).repeatWhenEmpty(attempts -> attempts);
    }

    private Mono<Chunk> nearest(long position, Selection selection) {
        Served recent = latest.get();
        if (recent != null && recent.hasNext(position, selection)) {
            return Mono.just(recent.chunk().behind(position));
        }
        long head = state.position();
        if (position < head) {
            return patience.with(reader.settled(position, head, selection).map(page -> caughtUp(position, head, page)));
        }
        String dropped = tables.droppedOf(selection);
        if (dropped != null) {
            return Mono.error(new CollectionDroppedException(dropped));
        }
        return Mono.defer(this::head)
                .filter(served -> served.hasNext(position, selection))
                .map(served -> served.chunk().behind(position));
    }

    /**
     * Changes of a part that is known to be settled, for one watch alone.
     *
     * @param after the position before it
     * @param upTo the position at its end, of {@link #now()} for instance
     * @param selection what the watch wants
     * @return cold; emits one chunk, which begins at the position
     */
    public Mono<Chunk> settled(long after, long upTo, Selection selection) {
        return patience.with(reader.settled(after, upTo, selection).map(page -> caughtUp(after, upTo, page)));
    }

    private Chunk caughtUp(long position, long head, ChangelogPage page) {
        History.verify(position, page);
        List<ChangelogRow> rows = page.rows();
        Chunk chunk = new Chunk(
                position, page.complete() ? head : rows.get(rows.size() - 1).id(), rows, !page.complete());
        listener.onPageRead(rows.size(), chunk.bytes(), true);
        return chunk;
    }

    private Mono<Served> head() {
        Mono<Served> mine = patience.with(Mono.defer(this::turn))
                .repeatWhenEmpty(attempts -> attempts)
                .doOnTerminate(() -> flight.set(null))
                .share();
        Mono<Served> theirs = flight.compareAndExchange(null, mine);
        return theirs == null ? mine : theirs;
    }

    /** One read, after the pause or the sleep that is due; empty if it brought nothing. */
    private Mono<Served> turn() {
        Pace current = pace;
        if (current.maySleep() && !state.hasGap()) {
            return sleep();
        }
        return pause(current).then(read(WakeUp.AWAKE));
    }

    private Mono<Long> pause(Pace current) {
        return current.pause().isZero() ? Mono.empty() : Mono.delay(current.pause(), timer);
    }

    private Mono<Served> sleep() {
        Gate gate = listening.gate();
        if (gate == null) {
            return doorbell.await(pollInterval, timer)
                    .flatMap(rang -> read(rang ? WakeUp.NOTIFICATION : WakeUp.POLL_INTERVAL));
        }
        return gate.<Served>whileArmed(outcome -> switch (outcome) {
                    case WRITERS_COMMITTING -> pause(pace).then(read(WakeUp.WRITERS_COMMITTING));
                    case ARMED, ANOTHER_ARMED -> read(WakeUp.ARMED).switchIfEmpty(Mono.defer(() -> slumber(gate)));
                })
                .onErrorResume(GateLostException.class, lost -> {
                    listening.lost(gate);
                    return Mono.empty();
                });
    }

    private Mono<Served> slumber(Gate gate) {
        gate.nothingFound();
        return doorbell.await(pollInterval, timer).flatMap(rang -> {
            if (!rang) {
                return read(WakeUp.POLL_INTERVAL);
            }
            pace = Pace.START;
            return read(WakeUp.NOTIFICATION);
        });
    }

    private Mono<Served> read(WakeUp cause) {
        return Mono.defer(() -> {
            listener.onWakeUp(cause);
            TailState before = state;
            List<Selection> wanted = List.copyOf(selections);
            return reader.tail(before.position(), before.hasGap(), wanted)
                    .timed(timer)
                    .flatMap(reading -> accept(before, reading.get(), wanted, reading.elapsed()))
                    .doOnNext(served -> found(cause, served));
        });
    }

    /** Where nobody rang, others may sleep who have to be told. */
    private void found(WakeUp cause, Served served) {
        if (cause != WakeUp.NOTIFICATION && served.hasProgress()) {
            listening.found();
        }
    }

    private Mono<Served> accept(TailState before, TailReading reading, List<Selection> wanted, Duration took) {
        ChangelogPage page = reading.page();
        History.verify(before.position(), page);
        listener.onPageRead(page.rows().size(), page.bytes(), false);
        TailState known = reading.holders() == null ? before : before.withHolders(reading.holders());
        TailStep step = known.withPage(page.rows(), page.complete());
        if (!advance(before, step.next())) {
            return Mono.empty();
        }
        Chunk chunk = step.chunk();
        Served served = new Served(chunk, wanted);
        boolean progress = served.hasProgress();
        pace = progress ? pace.afterRows(!page.complete(), took) : pace.afterNothing();
        if (progress) {
            latest.set(served);
        }
        boolean atEnd = page.complete() && !progress && !step.next().hasGap();
        boolean tell = tables.observe(
                        page, wanted.stream().filter(selections::contains).toList(), atEnd)
                || progress;
        return gaps.observe(step.next()).then(tell ? Mono.just(served) : Mono.empty());
    }

    /** A step that was cancelled and still came to its end changes nothing. */
    private synchronized boolean advance(TailState from, TailState to) {
        boolean mine = state == from;
        state = mine ? to : state;
        return mine;
    }
}
