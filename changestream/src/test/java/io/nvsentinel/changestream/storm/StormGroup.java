// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * A group, keyed by record, whose members end repeatedly, cleanly or not. Handlers are slow and fail sometimes.
 */
final class StormGroup {

    private static final Logger LOG = LoggerFactory.getLogger(StormGroup.class);
    private static final Duration PATIENCE = Duration.ofHours(7);
    private static final int PARTITIONS = 6;
    private static final int LONGEST_MILLIS = 20;
    private static final int FAILS_ONE_IN = 50;

    private final TestDatabase database;
    private final StormProcess.Fleet fleet;
    private final Map<String, List<Long>> handled = new ConcurrentHashMap<>();
    private final Set<Long> handledIds = ConcurrentHashMap.newKeySet();
    private final Map<String, String> atWork = new ConcurrentHashMap<>();
    private final List<String> overlaps = new CopyOnWriteArrayList<>();
    private final AtomicInteger lives = new AtomicInteger();
    private volatile int wanted = Integer.MAX_VALUE;

    StormGroup(TestDatabase database, StormProcess.Fleet fleet) {
        this.database = database;
        this.fleet = fleet;
    }

    /** The storm is over: so many changes are to be handled. */
    void finish(int changes) {
        wanted = changes;
    }

    private boolean isDone() {
        return handledIds.size() >= wanted;
    }

    /** One member after the other, until every change is handled. */
    void live(Random random) {
        List<StormProcess> running = new ArrayList<>();
        while (!isDone()) {
            StormProcess process = fleet.start(
                    database,
                    ChangeStreamOptions.builder()
                            .batchSize(1 + random.nextInt(300))
                            .build());
            String member = "member " + lives.incrementAndGet();
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            Disposable work = join(process, member, new Random(random.nextLong()), failure);
            int enough = handledIds.size() + (wanted == Integer.MAX_VALUE ? 1 + random.nextInt(1000) : wanted);
            Await.until(member + " has seen enough", PATIENCE, () -> {
                if (failure.get() != null) {
                    throw new AssertionError("A member of a group failed", failure.get());
                }
                return isDone() || handledIds.size() >= enough;
            });
            running.forEach(StormProcess::close);
            running.clear();
            if (!isDone() && random.nextInt(3) == 0) {
                running.add(process);
            } else {
                end(process, work, random.nextInt(3));
            }
        }
        running.forEach(StormProcess::close);
        LOG.info("A group had {} members, one after the other", lives);
    }

    private static void end(StormProcess process, Disposable work, int how) {
        if (how == 1) {
            process.unplug();
        }
        if (how > 0) {
            work.dispose();
        }
        process.close();
    }

    private Disposable join(
            StormProcess process, String member, Random random, AtomicReference<@Nullable Throwable> failure) {
        WatchOptions named = WatchOptions.builder()
                .clientName("group")
                .startAt(StartAt.beginning())
                .build();
        ProcessorOptions processing = ProcessorOptions.builder()
                .concurrency(3)
                .key(StormGroup::key)
                .maxAttempts(1_000_000)
                .minBackoff(Duration.ofMillis(1))
                .maxBackoff(Duration.ofMillis(20))
                .group(GroupOptions.builder(PARTITIONS)
                        .heartbeatInterval(Duration.ofMillis(500))
                        .leaseDuration(Duration.ofSeconds(10))
                        .build())
                .build();
        return process.streams()
                .process(
                        process.datastore().healthEvents(),
                        named,
                        processing,
                        change -> handle(key(change), Change.id(change.resumeToken()), member, random))
                .subscribe(nothing -> {}, failure::set);
    }

    private static String key(ChangeEvent<?> change) {
        return Objects.toString(change.recordId(), "");
    }

    private Mono<Void> handle(String key, long id, String member, Random random) {
        return Mono.usingWhen(
                Mono.fromSupplier(() -> begin(key, member)),
                mine -> work(key, id, random),
                mine -> Mono.fromRunnable(() -> atWork.remove(key, mine)));
    }

    private String begin(String key, String member) {
        String other = atWork.putIfAbsent(key, member);
        if (other != null) {
            overlaps.add(member + " handles \"" + key + "\" while " + other + " does");
        }
        return member;
    }

    private Mono<Void> work(String key, long id, Random random) {
        int fate;
        synchronized (random) {
            fate = random.nextInt(FAILS_ONE_IN * LONGEST_MILLIS);
        }
        Duration time = Duration.ofMillis(fate / FAILS_ONE_IN);
        return Mono.delay(time).then(Mono.defer(() -> {
            if (fate % FAILS_ONE_IN == 0) {
                return Mono.error(new IllegalStateException("The handler fails now and then"));
            }
            handled.computeIfAbsent(key, none -> Collections.synchronizedList(new ArrayList<>()))
                    .add(id);
            handledIds.add(id);
            return Mono.empty();
        }));
    }

    /**
     * The errors: a change that was never handled, or was handled before or concurrently with the previous change of
     * its record.
     */
    List<String> problems(StormOracle oracle) {
        List<String> problems = new ArrayList<>(overlaps);
        Map<String, List<Long>> expected = new ConcurrentHashMap<>();
        oracle.after(0, "health_events")
                .forEach(change -> expected.computeIfAbsent(
                                Objects.toString(change.record(), ""), none -> new ArrayList<>())
                        .add(change.id()));
        expected.forEach((key, ids) -> problems.addAll(problems(key, ids, handled.getOrDefault(key, List.of()))));
        return problems.stream().limit(5).toList();
    }

    private static List<String> problems(String key, List<Long> expected, List<Long> handled) {
        int next = 0;
        for (long id : handled) {
            int place = Collections.binarySearch(expected, id);
            if (place < 0 || place > next) {
                return List.of("\"" + key + "\": " + id + " was not expected yet, but "
                        + (next < expected.size() ? expected.get(next) : "nothing"));
            }
            next = Math.max(next, place + 1);
        }
        return next == expected.size()
                ? List.of()
                : List.of("\"" + key + "\": " + expected.get(next) + " was never handled");
    }

    int lives() {
        return lives.get();
    }
}
