// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Bounds how far handling may run ahead of the first change that is not done: that many are redelivered after a crash,
 * and remembered before it. Admits one at a time; thread-safe.
 */
final class Window {

    private final int size;
    private final Deque<Place> places = new ArrayDeque<>();
    private Sinks.@Nullable Empty<Void> waiting;

    Window(int size) {
        this.size = size;
    }

    /** Emits the task once there is room for it; it leaves when it and all before it are done. */
    <E> Mono<Task<E>> admit(Task<E> task) {
        return Mono.defer(this::room).then(Mono.fromSupplier(() -> {
            Place place = enter();
            return task.then(() -> leave(place));
        }));
    }

    private synchronized Mono<Void> room() {
        if (places.size() < size) {
            return Mono.empty();
        }
        Sinks.Empty<Void> room = Sinks.empty();
        waiting = room;
        return room.asMono();
    }

    private synchronized Place enter() {
        Place place = new Place();
        places.add(place);
        return place;
    }

    private void leave(Place place) {
        Sinks.Empty<Void> next = left(place);
        if (next != null) {
            next.tryEmitEmpty();
        }
    }

    private synchronized Sinks.@Nullable Empty<Void> left(Place place) {
        place.done = true;
        for (Place first = places.peek(); first != null && first.done; first = places.peek()) {
            places.remove();
        }
        if (places.size() >= size) {
            return null;
        }
        Sinks.Empty<Void> next = waiting;
        waiting = null;
        return next;
    }

    private static final class Place {
        private boolean done;
    }
}
