// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The client names whose watches in this process have ended and are storing their last position. A watch that opens
 * such a name waits for that; otherwise it would start before the acknowledged position, and the position could no
 * longer be stored. Thread-safe.
 */
public final class Leaving {

    /** Longer than storing the last position may take. */
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final Map<String, Mono<Void>> ends = new ConcurrentHashMap<>();

    /** No watch is ending. */
    public Leaving() {}

    /**
     * Ends a watch.
     *
     * @param client its client name; null if it has none
     * @param end stores the position and releases the name
     * @return cold; does the same
     */
    public Mono<Void> during(@Nullable String client, Mono<Void> end) {
        if (client == null) {
            return end;
        }
        return Mono.defer(() -> {
            Sinks.Empty<Void> ended = Sinks.empty();
            Mono<Void> hot = ended.asMono();
            ends.put(client, hot);
            return end.doFinally(signal -> {
                ends.remove(client, hot);
                ended.tryEmitEmpty();
            });
        });
    }

    /**
     * Waits until no watch of a client name is ending.
     *
     * @param client the name; null for none
     * @param timer bounds the wait
     * @return cold; completes then, at the latest after 30 s
     */
    public Mono<Void> after(@Nullable String client, Scheduler timer) {
        return Mono.defer(() -> {
            Mono<Void> end = client == null ? null : ends.get(client);
            return end == null ? Mono.empty() : end.timeout(AT_MOST, Mono.empty(), timer);
        });
    }
}
