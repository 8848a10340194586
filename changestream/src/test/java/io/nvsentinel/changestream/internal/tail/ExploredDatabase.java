// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a reader can see of a database whose transactions write the changelog. Immutable, so that situations can be
 * compared.
 *
 * @param sessions the writing sessions
 * @param visible ids of the rows that a snapshot shows
 * @param nextId what the sequence gives next
 * @param nextXid the next transaction id
 * @param lastEnded the highest transaction id that has ended
 */
record ExploredDatabase(List<Session> sessions, Set<Long> visible, long nextId, long nextXid, long lastEnded) {

    private static final int MOST_IDS = 2;

    enum Phase {
        IDLE,
        /** Holds the writer lock and may draw ids. */
        COMMITTING,
        /** Its rows are visible or dead, and it still holds the lock. */
        ENDED
    }

    /**
     * A session.
     *
     * @param phase where its transaction is
     * @param xid its transaction id; 0 if there is none
     * @param drawn ids that it has drawn
     */
    record Session(Phase phase, long xid, List<Long> drawn) {

        static final Session IDLE = new Session(Phase.IDLE, 0, List.of());

        List<Long> inFlight() {
            return phase == Phase.COMMITTING ? drawn : List.of();
        }
    }

    static ExploredDatabase start(int writers) {
        return new ExploredDatabase(Collections.nCopies(writers, Session.IDLE), Set.of(), 1, 1, 0);
    }

    Set<Long> holders() {
        return sessions.stream()
                .filter(session -> session.phase() != Phase.IDLE)
                .map(Session::xid)
                .collect(Collectors.toSet());
    }

    /** The lowest running transaction id, or the id after the last ended one. */
    long xmin() {
        return sessions.stream()
                .filter(session -> session.phase() == Phase.COMMITTING)
                .mapToLong(Session::xid)
                .min()
                .orElse(lastEnded + 1);
    }

    /** Every step that some session can take, by what it is. */
    Map<String, ExploredDatabase> steps(int ids, int transactions) {
        Map<String, ExploredDatabase> steps = new HashMap<>();
        for (int index = 0; index < sessions.size(); index++) {
            Session session = sessions.get(index);
            String name = "writer " + index + " ";
            switch (session.phase()) {
                case IDLE -> {
                    if (nextXid <= transactions) {
                        steps.put(name + "locks", begin(index));
                    }
                }
                case COMMITTING -> {
                    if (nextId <= ids && session.drawn().size() < MOST_IDS) {
                        steps.put(name + "draws " + nextId, draw(index, session));
                    }
                    if (!session.drawn().isEmpty()) {
                        steps.put(name + "becomes visible", end(index, session, true));
                    }
                    steps.put(name + "rolls back", end(index, session, false));
                }
                case ENDED ->
                    steps.put(
                            name + "releases",
                            new ExploredDatabase(with(index, Session.IDLE), visible, nextId, nextXid, lastEnded));
            }
        }
        return steps;
    }

    private ExploredDatabase begin(int index) {
        Session begun = new Session(Phase.COMMITTING, nextXid, List.of());
        return new ExploredDatabase(with(index, begun), visible, nextId, nextXid + 1, lastEnded);
    }

    private ExploredDatabase draw(int index, Session session) {
        List<Long> drawn =
                Stream.concat(session.drawn().stream(), Stream.of(nextId)).toList();
        Session more = new Session(Phase.COMMITTING, session.xid(), drawn);
        return new ExploredDatabase(with(index, more), visible, nextId + 1, nextXid, lastEnded);
    }

    private ExploredDatabase end(int index, Session session, boolean commit) {
        Set<Long> shown = new HashSet<>(visible);
        if (commit) {
            shown.addAll(session.drawn());
        }
        Session ended = new Session(Phase.ENDED, session.xid(), List.of());
        return new ExploredDatabase(
                with(index, ended), Set.copyOf(shown), nextId, nextXid, Math.max(lastEnded, session.xid()));
    }

    private List<Session> with(int index, Session session) {
        List<Session> changed = new ArrayList<>(sessions);
        changed.set(index, session);
        return List.copyOf(changed);
    }
}
