// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Records the calls of all members of a group by key: which member handled which version, and whether two of them
 * handled one key at the same time. The key is the node, and the version the check name.
 */
final class KeyedCalls {

    private static final Duration WORK = Duration.ofMillis(2);

    final List<String> overlaps = new CopyOnWriteArrayList<>();
    final List<String> cancelled = new CopyOnWriteArrayList<>();
    private final Map<String, String> atWork = new ConcurrentHashMap<>();
    private final Map<String, Sinks.Empty<Void>> blocked = new ConcurrentHashMap<>();
    private final Map<String, List<Done>> done = new TreeMap<>();

    /** One handled version of a key. */
    record Done(String member, int version) {}

    void block(String key) {
        blocked.put(key, Sinks.empty());
    }

    void release(String key) {
        blocked.remove(key).tryEmitEmpty();
    }

    /** The member whose handler is running for a key; null if there is none. */
    String atWork(String key) {
        return atWork.get(key);
    }

    Mono<Void> handle(String member, ChangeEvent<HealthEventDocument> change) {
        String key = change.after().event().nodeName();
        int version = Integer.parseInt(change.after().event().checkName());
        AtomicBoolean ended = new AtomicBoolean();
        return Mono.defer(() -> {
                    String other = atWork.put(key, member);
                    if (other != null) {
                        overlaps.add(key + " " + version + ": " + other + " and " + member);
                    }
                    Sinks.Empty<Void> release = blocked.get(key);
                    return release == null ? Mono.delay(WORK).then() : release.asMono();
                })
                .doOnSuccess(nothing -> {
                    if (!ended.getAndSet(true)) {
                        end(key, member, version);
                    }
                })
                .doOnCancel(() -> {
                    if (!ended.getAndSet(true)) {
                        cancelled.add(key);
                        atWork.remove(key, member);
                    }
                });
    }

    private synchronized void end(String key, String member, int version) {
        done.computeIfAbsent(key, unknown -> new ArrayList<>()).add(new Done(member, version));
        atWork.remove(key, member);
    }

    /** What was handled of a key, in order. */
    synchronized List<Done> of(String key) {
        return List.copyOf(done.getOrDefault(key, List.of()));
    }

    /** How many different changes were handled. */
    synchronized long distinct() {
        return done.values().stream()
                .mapToLong(all -> all.stream().map(Done::version).distinct().count())
                .sum();
    }

    synchronized List<String> keys() {
        return List.copyOf(done.keySet());
    }
}
