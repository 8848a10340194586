// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.CollectionDroppedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.changestream.internal.changelog.ChangelogPage;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader.TailReading;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.History;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.changestream.internal.wakeup.IdleLock;
import io.nvsentinel.changestream.internal.wakeup.IdleLock.GateLostException;
import io.nvsentinel.changestream.internal.wakeup.NotificationListener;
import io.nvsentinel.changestream.internal.wakeup.WakeUpSignal;
import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The end of the changelog, shared by the watches that wait there. Watches that wait at the same change share one read
 * at a time; every other watch reads separately. Each position is verified with the page that is read after it, so the
 * results "lost" and "forked" apply to one position and are never transferred between watches. Nothing runs while no
 * watch waits.
 */
public final class Tail {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.tail");

    private static final Duration SETTLE_PAUSE = Duration.ofMillis(2);

    private final ChangelogReader reader;
    private final NotificationListener listening;
    private final WakeUpSignal wakeUpSignal;
    private final Duration pollInterval;
    private final RetryPolicy patience;
    private final Scheduler timer;
    private final ChangeStreamListener listener;
    private final GapReport gaps;

    private final WatchedTables tables = new WatchedTables();
    private final Members members = new Members();
    private final ForeignRows foreignRows = new ForeignRows();
    private final IdJumps idJumps = new IdJumps();
    private final Head head = new Head();
    private final AtomicReference<@Nullable Flight> flight = new AtomicReference<>();
    private volatile Pace pace = Pace.START;
    private volatile boolean holdersNamed;

    /**
     * Creates a tail; nothing is read before a watch waits.
     *
     * @param reader reads the changelog
     * @param listening the source of wake-ups
     * @param wakeUpSignal signals wake-ups
     * @param settings timeouts and listener
     */
    public Tail(
            ChangelogReader reader, NotificationListener listening, WakeUpSignal wakeUpSignal, TailSettings settings) {
        this.reader = reader;
        this.listening = listening;
        this.wakeUpSignal = wakeUpSignal;
        this.pollInterval = settings.pollInterval();
        this.patience = settings.patience();
        this.timer = settings.timer();
        this.listener = settings.listener();
        this.gaps = new GapReport(reader, timer, listener);
    }

    /**
     * A watch joins. The tail starts at the position of the first watch that requests its next change.
     *
     * @param selection the changes that it needs
     * @param foreign receives, once each, rows without a position in the order
     */
    public void join(Selection selection, Consumer<ChangelogRow> foreign) {
        members.join(selection);
        foreignRows.join(selection, foreign);
    }

    /**
     * A watch leaves.
     *
     * @param selection what it wanted
     */
    public void leave(Selection selection) {
        members.leave(selection);
        tables.forget(selection);
        foreignRows.leave(selection);
        if (members.isEmpty()) {
            head.clear();
        }
    }

    /**
     * A position such that every change up to it is visible or dead, and every change committed from now on is behind
     * it. Waits for the transactions that are committing a change just now.
     *
     * @return cold; emits the position
     */
    public Mono<HistoryPoint> now() {
        return reader.newest()
                .flatMap(end -> reader.holders()
                        .flatMap(first -> Mono.defer(reader::holders)
                                .filter(holders -> Collections.disjoint(first, holders))
                                .repeatWhenEmpty(attempts -> attempts.delayElements(SETTLE_PAUSE, timer)))
                        .thenReturn(end));
    }

    /**
     * The settled changes behind a position: from memory, from the settled part, or once there are any.
     *
     * @param from the position
     * @param selection a watch that has joined
     * @return cold; emits one chunk, which begins at the position; waits forever; fails with
     *     {@link CollectionDroppedException} at the end of a collection, and with {@link HistoryLostException} or
     *     {@link HistoryForkedException} if the position is none of this changelog, wherever other watches are
     */
    public Mono<Chunk> next(HistoryPoint from, Selection selection) {
        return Mono.defer(() -> nearest(from, selection)).repeatWhenEmpty(attempts -> attempts);
    }

    private Mono<Chunk> nearest(HistoryPoint from, Selection selection) {
        members.asked(selection);
        Served recent = head.latest();
        if (recent != null && recent.hasNext(from, selection)) {
            return Mono.just(recent.chunk().behind(from));
        }
        TailState known = head.orAt(from);
        return switch (known.standing(from)) {
            case BEHIND -> behind(from, known.point(), selection);
            case AHEAD -> ahead(from, known, selection);
            case AT_HEAD -> atHead(from, selection);
        };
    }

    private Mono<Chunk> behind(HistoryPoint from, HistoryPoint settled, Selection selection) {
        return read(from, settled, selection)
                .doOnNext(chunk -> {
                    if (chunk.isEmpty()) {
                        drop(settled);
                    }
                })
                .flatMap(Mono::justOrEmpty);
    }

    /**
     * No watch drives the tail, so it may start here; otherwise this watch proves a part of what the others wait for.
     */
    private Mono<Chunk> ahead(HistoryPoint from, TailState known, Selection selection) {
        Flight others = flight.get();
        if (others == null) {
            head.advance(known, TailState.at(from));
            pace = Pace.START;
            return Mono.empty();
        }
        return patience.with(patience.telling(from, reader.settled(from, known.point(), selection)))
                .flatMap(page -> {
                    History.verify(from, page.facts(), page.start());
                    if (!History.holds(known.point(), page.facts(), page.end())) {
                        drop(known.point());
                        return Mono.empty();
                    }
                    head.advance(known, known.withSettled(from.id()));
                    wakeUpSignal.ring();
                    return others.result.then().onErrorComplete().then(Mono.empty());
                });
    }

    /** The watches that wait there must determine their position themselves. */
    private void drop(HistoryPoint point) {
        head.drop(point);
        wakeUpSignal.ring();
    }

    private Mono<Chunk> atHead(HistoryPoint from, Selection selection) {
        String dropped = tables.droppedOf(selection);
        if (dropped != null) {
            return Mono.error(new CollectionDroppedException(dropped));
        }
        Flight mine = new Flight(from);
        Flight others = flight.compareAndExchange(null, mine);
        if (others != null && !others.at.equals(from)) {
            return others.result.then().onErrorComplete().then(Mono.empty());
        }
        return (others == null ? mine : others)
                .result
                .filter(served -> served.hasNext(from, selection))
                .map(served -> served.chunk().behind(from));
    }

    /**
     * Changes of a part that is known to be settled, for one watch alone.
     *
     * @param from the position before it
     * @param upTo the position at its end, of {@link #now()} for instance
     * @param selection what the watch wants
     * @return cold; emits one chunk, which begins at the position; fails with {@link HistoryLostException} or
     *     {@link HistoryForkedException} if one of the two positions is none of this changelog
     */
    public Mono<Chunk> settled(HistoryPoint from, HistoryPoint upTo, Selection selection) {
        return read(from, upTo, selection)
                .map(chunk -> chunk.orElseThrow(() -> new HistoryForkedException(
                        "The changelog was set to an earlier state while changes after position " + from.id()
                                + " were read")));
    }

    private Mono<Optional<Chunk>> read(HistoryPoint from, HistoryPoint settled, Selection selection) {
        return patience.with(
                patience.telling(from, reader.settled(from, settled, selection)).map(page -> {
                    Optional<Chunk> chunk = CatchUp.chunk(from, settled, page);
                    listener.onPageRead(page.rows().size(), page.bytes(), true);
                    return chunk;
                }));
    }

    /** The reads at one position, shared by all watches that wait there; so what ends it is the verdict on each of them. */
    private final class Flight {

        private final HistoryPoint at;
        private final Mono<Served> result;

        private Flight(HistoryPoint at) {
            this.at = at;
            // Shared as a value: an error that arrives when no watch waits has no receiver.
            this.result = patience.with(Mono.defer(() -> turn(at)))
                    .repeatWhenEmpty(attempts -> attempts)
                    .materialize()
                    .doOnTerminate(this::over)
                    .doOnCancel(this::over)
                    .share()
                    .dematerialize();
        }

        private void over() {
            flight.compareAndSet(this, null);
        }
    }

    /** One read, after the pause or the idle time; empty if it returned nothing. */
    private Mono<Served> turn(HistoryPoint at) {
        TailState known = head.state();
        if (known == null || !known.point().equals(at)) {
            return Mono.just(Served.nothing(at));
        }
        Pace current = pace;
        if (staysIdle(at)) {
            return sleep(at);
        }
        return pause(current).then(read(at, WakeUp.AWAKE));
    }

    private Mono<Long> pause(Pace current) {
        return current.pause().isZero() ? Mono.empty() : Mono.delay(current.pause(), timer);
    }

    private Mono<Served> sleep(HistoryPoint at) {
        IdleLock idleLock = listening.idleLock();
        if (idleLock == null) {
            return wakeUpSignal
                    .await(pace.untilPoll(pollInterval, false), timer)
                    .flatMap(rang -> read(at, rang ? WakeUp.NOTIFICATION : WakeUp.POLL_INTERVAL));
        }
        return idleLock.<Served>whileArmed(outcome -> switch (outcome) {
                    case WRITERS_COMMITTING ->
                        blocked(idleLock).then(pause(pace)).then(read(at, WakeUp.WRITERS_COMMITTING));
                    case ARMED -> read(at, WakeUp.ARMED).switchIfEmpty(Mono.defer(() -> slumberOn(at, idleLock)));
                    case ANOTHER_ARMED -> read(at, WakeUp.ARMED).switchIfEmpty(Mono.defer(() -> slumber(at, idleLock)));
                })
                .onErrorResume(GateLostException.class, lost -> {
                    listening.lost(idleLock);
                    return Mono.empty();
                });
    }

    /** The lock is kept while polls bring nothing; who does not hold it has to try again, since its holder may be gone. */
    private Mono<Served> slumberOn(HistoryPoint at, IdleLock idleLock) {
        return Mono.defer(() -> slumber(at, idleLock))
                .repeatWhenEmpty(
                        attempts -> attempts.takeWhile(attempt -> staysIdle(at) && listening.idleLock() == idleLock));
    }

    private boolean staysIdle(HistoryPoint at) {
        TailState known = head.state();
        return known != null && known.point().equals(at) && !known.hasGap() && pace.maySleep();
    }

    /** Once, until it is over: no writer commits for so long, so another session holds the lock. */
    private Mono<Void> blocked(IdleLock idleLock) {
        if (!pace.isBackingOff()) {
            holdersNamed = false;
            return Mono.empty();
        }
        if (holdersNamed) {
            return Mono.empty();
        }
        holdersNamed = true;
        return idleLock.holders()
                .doOnNext(names -> LOG.warn(
                        "Wake-ups blocked: holders=[{}]; these sessions hold the lock that writers hold while they commit, so"
                                + " changes are found by polling, every 2 s. End them, or revoke CONNECT from who needs none",
                        Printable.line(names)))
                .then();
    }

    private Mono<Served> slumber(HistoryPoint at, IdleLock idleLock) {
        idleLock.nothingFound();
        return wakeUpSignal.await(pace.untilPoll(pollInterval, true), timer).flatMap(rang -> {
            if (!rang) {
                return read(at, WakeUp.POLL_INTERVAL);
            }
            pace = Pace.START;
            return read(at, WakeUp.NOTIFICATION);
        });
    }

    private Mono<Served> read(HistoryPoint at, WakeUp cause) {
        return Mono.defer(() -> {
            TailState before = head.state();
            if (before == null || !before.point().equals(at)) {
                return Mono.just(Served.nothing(at));
            }
            listener.onWakeUp(cause);
            List<Selection> wanted = members.takingPart();
            return patience.telling(at, reader.tail(at, before.hasGap(), wanted))
                    .timed(timer)
                    .flatMap(reading -> accept(before, reading.get(), wanted, reading.elapsed()))
                    .doOnError(error -> failed(at, error))
                    .doOnNext(served -> found(cause, served));
        });
    }

    private void failed(HistoryPoint at, Throwable error) {
        if (error instanceof HistoryLostException || error instanceof HistoryForkedException) {
            head.drop(at);
        } else {
            head.forget();
        }
    }

    /** If no notification arrived, other idle streams may have to be notified. */
    private void found(WakeUp cause, Served served) {
        if (cause != WakeUp.NOTIFICATION && served.hasProgress()) {
            listening.found();
        }
    }

    private Mono<Served> accept(TailState before, TailReading reading, List<Selection> wanted, Duration took) {
        ChangelogPage page = reading.page();
        History.verify(before.point(), page.facts(), page.start());
        listener.onPageRead(page.rows().size(), page.bytes(), false);
        foreignRows.observe(page.foreign(), wanted);
        TailState known = reading.holders() == null ? before : before.withHolders(reading.holders());
        TailStep step = known.withPage(page.rows(), page.complete());
        // A cancelled step that still completes changes nothing.
        if (!head.advance(before, step.next())) {
            return Mono.empty();
        }
        idJumps.observe(page.rows());
        Served served = new Served(step.chunk(), wanted);
        boolean progress = served.hasProgress();
        pace = progress ? pace.afterRows(!page.complete(), took) : pace.afterNothing(took);
        if (progress) {
            head.keep(served);
            members.served();
        }
        boolean atEnd = page.complete() && !progress && !step.next().hasGap();
        boolean tell =
                tables.observe(page, wanted.stream().filter(members::contains).toList(), atEnd) || progress;
        return gaps.observe(step.next()).then(tell ? Mono.just(served) : Mono.empty());
    }
}
