// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.storm.StormHistory.Committed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The changes that a reader received without interruption, and its start. Written by one thread at a time. */
final class StormSegment {

    private final String reader;
    private final long start;
    private final List<Change> received = new ArrayList<>();

    StormSegment(String reader, long start) {
        this.reader = reader;
        this.start = start;
    }

    synchronized void add(Change change) {
        received.add(change);
    }

    synchronized long lastId() {
        return received.isEmpty() ? start : received.get(received.size() - 1).id();
    }

    synchronized int size() {
        return received.size();
    }

    /**
     * Checks that these are exactly the changes of one history between the start and the last change, each once and in
     * order; returns the errors.
     */
    synchronized Optional<String> problem(List<Committed> committed, int generations) {
        List<String> got = received.stream().map(StormSegment::text).toList();
        if (got.isEmpty()) {
            return Optional.empty();
        }
        long last = received.get(received.size() - 1).id();
        @Nullable List<String> closest = null;
        for (int generation : IntStream.rangeClosed(0, generations).toArray()) {
            List<String> wanted = committed.stream()
                    .filter(change -> change.isIn(generation) && change.id() > start && change.id() <= last)
                    .map(change -> change.id() + " " + change.stamp())
                    .toList();
            if (wanted.equals(got)) {
                return Optional.empty();
            }
            closest = closest == null || same(wanted, got) > same(closest, got) ? wanted : closest;
        }
        int same = same(closest, got);
        return Optional.of(reader + " from " + start + " received, after " + same + " changes, "
                + got.subList(same, Math.min(same + 3, got.size())) + " instead of "
                + closest.subList(same, Math.min(same + 3, closest.size())));
    }

    private static int same(List<String> left, List<String> right) {
        int same = 0;
        while (same < left.size() && same < right.size() && left.get(same).equals(right.get(same))) {
            same++;
        }
        return same;
    }

    private static String text(Change change) {
        return change.id() + " " + change.stamp();
    }
}
