// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.Selection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The watches that joined the tail, and which of them still take its chunks. A watch without demand is excluded after
 * one chunk: its documents are not read with the others, and it catches up separately later. Thread-safe.
 */
final class Members {

    private final Map<Selection, Long> lastAsked = new ConcurrentHashMap<>();
    private final AtomicLong served = new AtomicLong();

    void join(Selection selection) {
        lastAsked.put(selection, served.get());
    }

    void leave(Selection selection) {
        lastAsked.remove(selection);
    }

    boolean isEmpty() {
        return lastAsked.isEmpty();
    }

    boolean contains(Selection selection) {
        return lastAsked.containsKey(selection);
    }

    /** A watch asks for its next change. */
    void asked(Selection selection) {
        lastAsked.computeIfPresent(selection, (member, before) -> served.get());
    }

    /** A chunk was read for all participating watches. */
    void served() {
        served.incrementAndGet();
    }

    /** The watches that asked since the chunk before the last one. */
    List<Selection> takingPart() {
        long chunks = served.get();
        return lastAsked.entrySet().stream()
                .filter(member -> chunks - member.getValue() <= 1)
                .map(Map.Entry::getKey)
                .toList();
    }
}
