// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model of transactions that write the changelog, and of a reader whose two reads may have any writers' steps between
 * them. A writer takes the lock, draws ids, makes them visible, and releases the lock, each in a separate step.
 */
final class TailSimulation {

    /** How gaps are proven: as the reader does, and in the ways that are known to be wrong. */
    enum Rule {
        /** As {@link ChangelogReader#tail} does. */
        REAL,
        /** The holders are read after the page that they settle. */
        HOLDERS_AFTER_PAGE,
        /** A proof is complete as soon as one of its holders has ended. */
        ANY_HOLDER_GONE,
        /** A gap is skipped when it is seen a second time. */
        NO_PROOF,
        /** A proof is done when no transaction runs below the xmax of the snapshot that showed the gap. */
        SNAPSHOT_XMAX,
        /** A restart takes what has been seen for what has been proven. */
        FENCES_DROPPED_ON_RESTART
    }

    private static final int WRITERS = 6;
    private static final int STEPS = 600;

    private final Random random;
    private final Rule rule;
    private final int batchSize;
    private final List<Writer> open = new ArrayList<>();
    private final TreeMap<Long, ChangelogRow> visible = new TreeMap<>();
    private final Set<Long> inFlight = new HashSet<>();
    private final List<Long> delivered = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private long nextId = 1;
    private long nextXid = 700;
    private long lastEndedXid = 699;
    private long pageXmax;
    private TailState state = TailState.at(ChangelogRows.point(0));
    private List<ChangelogRow> page = List.of();
    private boolean complete;

    TailSimulation(long seed, Rule rule) {
        this.random = new Random(seed);
        this.rule = rule;
        this.batchSize = 2 + random.nextInt(9);
    }

    /** A transaction that may hold the lock. */
    private static final class Writer {
        private final long xid;
        private final Set<Long> ids = new TreeSet<>();
        private boolean ended;

        private Writer(long xid) {
            this.xid = xid;
        }
    }

    /** Runs until all writers are done and the reader has nothing left to do; what went wrong, if anything did. */
    List<String> run() {
        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(3) == 0) {
                turn();
            } else {
                writerStep(random.nextInt(8) == 0);
            }
        }
        while (!open.isEmpty()) {
            writerStep(true);
        }
        for (int turn = 0;
                turn < 2 * STEPS
                        && (turn < 3 || state.hasGap() || !visibleBehind().isEmpty());
                turn++) {
            turn();
        }
        if (!delivered.equals(List.copyOf(visible.keySet()))) {
            violations.add("delivered " + delivered + " instead of " + visible.keySet());
        }
        return violations;
    }

    private Set<Long> visibleBehind() {
        return visible.tailMap(state.position(), false).keySet();
    }

    private void writerStep(boolean onlyEnd) {
        if (!onlyEnd && (open.isEmpty() || (open.size() < WRITERS && random.nextInt(4) == 0))) {
            open.add(new Writer(nextXid++));
            return;
        }
        if (open.isEmpty()) {
            return;
        }
        Writer writer = open.get(random.nextInt(open.size()));
        if (writer.ended) {
            open.remove(writer);
        } else if (!onlyEnd && random.nextInt(3) > 0) {
            inFlight.add(nextId);
            writer.ids.add(nextId++);
        } else {
            end(writer, random.nextInt(7) != 0);
        }
    }

    private void end(Writer writer, boolean commit) {
        writer.ended = true;
        lastEndedXid = Math.max(lastEndedXid, writer.xid);
        inFlight.removeAll(writer.ids);
        if (commit) {
            writer.ids.forEach(id -> visible.put(id, ChangelogRows.row(id)));
        }
    }

    private void somethingHappens() {
        for (int steps = random.nextInt(5); steps > 0; steps--) {
            writerStep(random.nextInt(4) == 0);
        }
    }

    private void turn() {
        TailState known = state;
        if (rule == Rule.HOLDERS_AFTER_PAGE) {
            readPage(known.position());
            somethingHappens();
            known = prove(known);
        } else {
            known = prove(known);
            somethingHappens();
            readPage(known.position());
        }
        take(known.withPage(page, complete));
    }

    private TailState prove(TailState known) {
        if (!known.hasGap()) {
            return known;
        }
        Set<Long> holders = open.stream().map(writer -> writer.xid).collect(Collectors.toSet());
        return switch (rule) {
            case REAL, HOLDERS_AFTER_PAGE -> known.withHolders(holders);
            case NO_PROOF -> known.withHolders(Set.of());
            case SNAPSHOT_XMAX -> known.withHolders(pending(known));
            case FENCES_DROPPED_ON_RESTART ->
                random.nextInt(10) > 0
                        ? known.withHolders(holders)
                        : new TailState(known.point(), known.gapSeen(), known.gapSeen(), List.of());
            case ANY_HOLDER_GONE ->
                new TailState(
                                known.point(),
                                known.settled(),
                                known.gapSeen(),
                                known.fences().stream()
                                        .map(fence -> holders.containsAll(fence.holders())
                                                ? fence
                                                : new Fence(fence.highestSeen(), Set.of()))
                                        .toList())
                        .withHolders(holders);
        };
    }

    /** The xmax of each snapshot below which a transaction still runs, as if these transactions were the holders. */
    private Set<Long> pending(TailState known) {
        long xmin = open.stream()
                .filter(writer -> !writer.ended)
                .mapToLong(writer -> writer.xid)
                .min()
                .orElse(lastEndedXid + 1);
        return Stream.concat(known.fences().stream().flatMap(fence -> fence.holders().stream()), Stream.of(pageXmax))
                .filter(xmax -> xmax > xmin)
                .collect(Collectors.toSet());
    }

    private void readPage(long after) {
        pageXmax = lastEndedXid + 1;
        page = visible.tailMap(after, false).values().stream().limit(batchSize).toList();
        complete = page.size() < batchSize;
    }

    private void take(TailStep step) {
        Chunk chunk = step.chunk();
        chunk.rows().forEach(row -> delivered.add(row.id()));
        state = step.next();
        if (chunk.start().id() > chunk.end().id() || !state.point().equals(chunk.end())) {
            violations.add("went from " + chunk.start() + " to " + chunk.end() + " with " + state);
        }
        inFlight.stream()
                .filter(id -> id <= chunk.end().id())
                .forEach(id -> violations.add("passed " + id + ", which is in flight, to " + chunk.end()));
    }
}
