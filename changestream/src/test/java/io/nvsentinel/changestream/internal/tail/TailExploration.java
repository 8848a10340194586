// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.tail.ExploredDatabase.Session;
import io.nvsentinel.changestream.internal.tail.TailSimulation.Rule;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Drives the real {@link TailState} through every interleaving of a few writers and readers, up to the limits given. A
 * situation that was reached before is not followed again, so all paths are covered, however long.
 */
final class TailExploration {

    private static final int PAGE_ROWS = 2;

    /**
     * The size of the exploration.
     *
     * @param writers the number of writing sessions
     * @param readers the number of readers, each with its own state
     * @param ids the number of drawn ids
     * @param transactions the number of started transactions
     */
    record Limits(int writers, int readers, int ids, int transactions) {}

    /**
     * The result.
     *
     * @param situations the number of different situations
     * @param depth the largest number of steps from the start
     * @param violation the steps that led to a violation, and the violation last; empty if there is none
     */
    record Outcome(int situations, int depth, List<String> violation) {}

    private enum Step {
        HOLDERS,
        PAGE,
        LATE_HOLDERS
    }

    /** A reader between two statements. */
    private record Reader(TailState state, Step next, List<Long> page, long xmax, boolean restarted) {

        static final Reader START = new Reader(TailState.at(ChangelogRows.point(0)), Step.HOLDERS, List.of(), 0, false);
    }

    private record World(ExploredDatabase database, List<Reader> readers) {

        World with(int index, Reader reader) {
            List<Reader> changed = new ArrayList<>(readers);
            changed.set(index, reader);
            return new World(database, List.copyOf(changed));
        }
    }

    private record Reached(World from, String by, int depth) {}

    private final Limits limits;
    private final Rule rule;
    private final Map<World, Reached> reached = new HashMap<>();
    private final Deque<World> open = new ArrayDeque<>();
    private List<String> violation = List.of();
    private int depth;

    TailExploration(Limits limits, Rule rule) {
        this.limits = limits;
        this.rule = rule;
    }

    Outcome explore() {
        World start = new World(
                ExploredDatabase.start(limits.writers()), Collections.nCopies(limits.readers(), Reader.START));
        reached.put(start, new Reached(start, "begin", 0));
        open.add(start);
        while (!open.isEmpty() && violation.isEmpty()) {
            World world = open.remove();
            writers(world);
            for (int reader = 0; reader < limits.readers(); reader++) {
                read(world, reader);
                restart(world, reader);
            }
        }
        return new Outcome(reached.size(), depth, violation);
    }

    private void reach(World from, String by, World to) {
        int steps = reached.get(from).depth() + 1;
        if (reached.putIfAbsent(to, new Reached(from, by, steps)) == null) {
            depth = Math.max(depth, steps);
            open.add(to);
        }
    }

    private void writers(World world) {
        world.database()
                .steps(limits.ids(), limits.transactions())
                .forEach((by, database) -> reach(world, by, new World(database, world.readers())));
    }

    private void restart(World world, int index) {
        Reader reader = world.readers().get(index);
        if (reader.restarted()) {
            return;
        }
        TailState state = reader.state();
        TailState after = rule == Rule.FENCES_DROPPED_ON_RESTART
                ? new TailState(state.point(), Math.max(state.settled(), state.gapSeen()), 0, List.of())
                : state.forgotten();
        reach(
                world,
                "reader " + index + " reconnects",
                world.with(index, new Reader(after, Step.HOLDERS, List.of(), 0, true)));
    }

    private void read(World world, int index) {
        Reader reader = world.readers().get(index);
        ExploredDatabase database = world.database();
        switch (reader.next()) {
            case HOLDERS -> {
                boolean pageFirst = rule == Rule.HOLDERS_AFTER_PAGE;
                TailState state = pageFirst ? reader.state() : proven(reader, database);
                if (pageFirst) {
                    go(world, index, "reads a page early", state, Step.LATE_HOLDERS, page(state, database), reader);
                } else {
                    go(world, index, "reads the blocking transactions", state, Step.PAGE, List.of(), reader);
                }
            }
            case PAGE -> take(world, index, reader.state(), page(reader.state(), database));
            case LATE_HOLDERS -> take(world, index, proven(reader, database), reader.page());
        }
    }

    private void go(World world, int index, String what, TailState state, Step next, List<Long> page, Reader before) {
        Reader after = new Reader(state, next, page, before.xmax(), before.restarted());
        reach(world, "reader " + index + " " + what, world.with(index, after));
    }

    private void take(World world, int index, TailState state, List<Long> page) {
        List<ChangelogRow> rows = page.stream().map(ChangelogRows::row).toList();
        TailStep step = state.withPage(rows, rows.size() < PAGE_ROWS);
        String by = "reader " + index + " takes the page " + page;
        List<String> wrong = wrong(world.database(), step);
        if (!wrong.isEmpty()) {
            violation = Stream.concat(path(world), Stream.concat(Stream.of(by), wrong.stream()))
                    .toList();
            return;
        }
        long xmax = rule == Rule.SNAPSHOT_XMAX ? world.database().lastEnded() + 1 : 0;
        boolean restarted = world.readers().get(index).restarted();
        reach(world, by, world.with(index, new Reader(step.next(), Step.HOLDERS, List.of(), xmax, restarted)));
    }

    private TailState proven(Reader reader, ExploredDatabase database) {
        TailState state = reader.state();
        if (!state.hasGap()) {
            return state;
        }
        Set<Long> holders = database.holders();
        return switch (rule) {
            case REAL, HOLDERS_AFTER_PAGE, FENCES_DROPPED_ON_RESTART -> state.withHolders(holders);
            case NO_PROOF -> state.withHolders(Set.of());
            case ANY_HOLDER_GONE -> forgetting(state, holders).withHolders(holders);
            case SNAPSHOT_XMAX -> state.withHolders(below(state, reader.xmax(), database));
        };
    }

    /** A proof is complete as soon as one of its transactions has ended. */
    private static TailState forgetting(TailState state, Set<Long> holders) {
        List<Fence> fences = state.fences().stream()
                .map(fence -> holders.containsAll(fence.holders()) ? fence : new Fence(fence.highestSeen(), Set.of()))
                .toList();
        return new TailState(state.point(), state.settled(), state.gapSeen(), fences);
    }

    /** The xmax of each sighting below which a transaction still runs, in the place of the blocking transactions. */
    private static Set<Long> below(TailState state, long seenAt, ExploredDatabase database) {
        return Stream.concat(state.fences().stream().flatMap(fence -> fence.holders().stream()), Stream.of(seenAt))
                .filter(xmax -> xmax > database.xmin())
                .collect(Collectors.toSet());
    }

    private static List<Long> page(TailState state, ExploredDatabase database) {
        return database.visible().stream()
                .filter(id -> id > state.position())
                .sorted()
                .limit(PAGE_ROWS)
                .toList();
    }

    /** Everything visible up to the new position was delivered in order, and nothing can appear below it or what is settled. */
    private static List<String> wrong(ExploredDatabase database, TailStep step) {
        Chunk chunk = step.chunk();
        List<Long> due = database.visible().stream()
                .filter(id -> id > chunk.start().id() && id <= chunk.end().id())
                .sorted()
                .toList();
        List<Long> delivered = chunk.rows().stream().map(ChangelogRow::id).toList();
        List<String> wrong = new ArrayList<>();
        if (!delivered.equals(due)) {
            wrong.add("delivers " + delivered + " instead of " + due);
        }
        database.sessions().stream()
                .map(Session::inFlight)
                .flatMap(List::stream)
                .filter(id -> id <= Math.max(chunk.end().id(), step.next().settled()))
                .forEach(id -> wrong.add("passes " + id + ", which may still become visible"));
        return wrong;
    }

    private Stream<String> path(World world) {
        Deque<String> steps = new ArrayDeque<>();
        World at = world;
        for (Reached how = reached.get(at); how.depth() > 0; how = reached.get(at)) {
            steps.addFirst(how.by());
            at = how.from();
        }
        return steps.stream();
    }
}
