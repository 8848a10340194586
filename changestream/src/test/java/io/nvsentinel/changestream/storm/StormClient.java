// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.storm.StormTrace.Kind;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * A named client that ends repeatedly, cleanly or not, resumes at its stored token, and acknowledges in any order.
 * Sometimes its successor starts before it has ended.
 */
final class StormClient {

    private static final Logger LOG = LoggerFactory.getLogger(StormClient.class);
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final String name;
    private final TestDatabase database;
    private final StormProcess.Fleet fleet;
    private final Random random;
    private final boolean hasty;
    private final StormTrace trace;
    private final List<Run> runs = new ArrayList<>();

    /**
     * A client.
     *
     * @param random what it does
     * @param hasty whether it makes the well-known mistake of acknowledging what it has not handled yet
     * @param trace receives what it does
     */
    StormClient(
            String name,
            TestDatabase database,
            StormProcess.Fleet fleet,
            Random random,
            boolean hasty,
            StormTrace trace) {
        this.name = name;
        this.database = database;
        this.fleet = fleet;
        this.random = random;
        this.hasty = hasty;
        this.trace = trace;
    }

    /** One run of the client: its start, its received changes, its handled changes. */
    private final class Run {
        private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private final List<Change> received = Collections.synchronizedList(new ArrayList<>());
        private final Set<Long> handled = ConcurrentHashMap.newKeySet();
        private final List<ChangeEvent<?>> waiting = new ArrayList<>();
        private final Random random;
        private final int number;

        private Run(int number, long seed) {
            this.number = number;
            this.random = new Random(seed);
        }

        private void opened(ResumeToken token) {
            trace.add(Kind.OPENED, name, number, Change.id(token));
            start.set(token);
        }

        private boolean reached(long id) {
            long last =
                    received.isEmpty() ? -1 : received.get(received.size() - 1).id();
            return last >= id || (start.get() != null && start() >= id);
        }

        private long start() {
            return Change.id(start.get());
        }

        /** Handles some of what waits, in any order; the rest stays, and with it the stored token. */
        private synchronized void take(ChangeEvent<HealthEventDocument> event, boolean hasty) {
            trace.add(Kind.DELIVERED, name, number, Change.id(event.resumeToken()));
            waiting.add(event);
            received.add(Change.health(event));
            if (hasty) {
                event.acknowledge();
            }
            while (waiting.size() > (hasty ? 5 : random.nextInt(6))) {
                ChangeEvent<?> handle = waiting.remove(random.nextInt(waiting.size()));
                handled.add(Change.id(handle.resumeToken()));
                trace.add(Kind.HANDLED, name, number, Change.id(handle.resumeToken()));
                handle.acknowledge();
            }
        }
    }

    /** Until it has the last change. */
    void live(BooleanSupplier over, LongSupplier lastId) {
        AutoCloseable predecessor = () -> {};
        boolean done = false;
        while (!done) {
            Run run = new Run(runs.size() + 1, random.nextLong());
            runs.add(run);
            int enough = 1 + random.nextInt(over.getAsBoolean() ? 1500 : hasty ? 15 : 150);
            StormProcess process = fleet.start(
                    database,
                    ChangeStreamOptions.builder()
                            .batchSize(1 + random.nextInt(300))
                            .listener(trace.stores(run.number))
                            .build());
            Disposable watch = open(process, run);
            Await.until("enough changes for " + name + ", or the last one", PATIENCE.plusHours(1), () -> {
                rethrow(run.failure.get());
                return run.received.size() >= enough || (over.getAsBoolean() && run.reached(lastId.getAsLong()));
            });
            close(predecessor);
            done = over.getAsBoolean() && run.reached(lastId.getAsLong());
            predecessor = end(process, watch, done);
        }
        close(predecessor);
        LOG.info("{} was open {} times", name, runs.size());
    }

    private Disposable open(StormProcess process, Run run) {
        WatchOptions named = WatchOptions.builder()
                .clientName(name)
                .startAt(StartAt.beginning())
                .onSubscribed(run::opened)
                .build();
        return process.streams()
                .watch(process.datastore().healthEvents(), named)
                .subscribe(event -> run.take(event, hasty), run.failure::set);
    }

    private static void rethrow(@Nullable Throwable failure) {
        if (failure != null) {
            throw new AssertionError("The watch of a named client failed", failure);
        }
    }

    /** How it ends now; what is left to do once its successor runs. */
    private AutoCloseable end(StormProcess process, Disposable watch, boolean last) {
        switch (last ? 0 : random.nextInt(4)) {
            case 0 -> process.close();
            case 1 -> {
                watch.dispose();
                process.close();
            }
            case 2 -> {
                process.unplug();
                watch.dispose();
                process.close();
            }
            default -> {
                return process::close;
            }
        }
        return () -> {};
    }

    private static void close(AutoCloseable predecessor) {
        try {
            predecessor.close();
        } catch (Exception e) {
            throw new AssertionError("A process does not end", e);
        }
    }

    /** The errors in its received changes, and in its start positions. */
    List<String> problems(StormOracle oracle) {
        List<String> problems = new ArrayList<>();
        List<Change> all = oracle.after(0, "health_events");
        Set<Long> handled = new HashSet<>();
        int known = 0;
        long before = 0;
        for (Run run : runs) {
            long start = run.start();
            if (start < before) {
                problems.add("started at " + start + " after it had started at " + before);
            }
            for (; known < all.size() && all.get(known).id() <= start; known++) {
                if (!handled.contains(all.get(known).id())) {
                    problems.add("the stored token " + start + " is ahead of " + all.get(known));
                }
            }
            problems.addAll(StormOracle.problemsOfBeginning(all.subList(known, all.size()), List.copyOf(run.received)));
            handled.addAll(run.handled);
            before = Math.max(before, start);
        }
        return problems.stream().limit(5).toList();
    }

    int runs() {
        return runs.size();
    }

    static void assertGood(StormClient client, StormOracle oracle, Storm storm) {
        assertThat(client.problems(oracle)).as("%s, %s", client.name, storm).isEmpty();
        assertThat(client.runs()).as("times that %s was open", client.name).isGreaterThan(1);
    }
}
