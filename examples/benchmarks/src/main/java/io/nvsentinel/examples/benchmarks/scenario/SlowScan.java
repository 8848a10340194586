// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** A scan that is larger than memory, by a subscriber that is slower than the database. */
final class SlowScan implements Scenario {

    private static final String HEAP = "64m";
    private static final int PAUSE_EVERY = 2_000;
    private static final Duration PAUSE = Duration.ofMillis(10);

    @Override
    public String name() {
        return "slow-scan";
    }

    @Override
    public String description() {
        return "more documents than fit into memory, by a slow subscriber in a JVM with a heap of " + HEAP;
    }

    @Override
    public void run(Stage stage) {
        Database database = stage.server().create(Capture.NONE);
        int count = stage.choose(5_000, 500_000, 1_000_000);
        stage.say("Storing " + count + " documents");
        Documents.fill(database, count);
        stage.say("Scanning them in a separate JVM");
        long start = System.nanoTime();
        try (ChildJvm child = ChildJvm.start(Subscriber.class, HEAP, database)) {
            long read = Long.parseLong(child.line());
            double seconds = Clock.since(start);
            Lossless.check(count, read, "documents read in a heap of " + HEAP);
            stage.report()
                    .figure(new Figure(
                            name(),
                            count + " documents in a heap of " + HEAP + ", pausing " + PAUSE.toMillis()
                                    + " ms after each " + PAUSE_EVERY,
                            "documents read",
                            List.of(new Series(Ours.NAME, List.of((double) read))),
                            List.of(Goal.valueAtLeast(Ours.NAME, count))));
            stage.say("Read " + read + " documents in " + Math.round(seconds) + " s");
        }
        stage.server().drop(database);
    }

    /** The child's program: scans typed documents and prints how many there were. */
    static final class Subscriber {

        private Subscriber() {}

        /**
         * Scans.
         *
         * @param arguments the database
         */
        public static void main(String... arguments) {
            try (Ours ours = Ours.connect(ChildJvm.database(arguments))) {
                Long count = ours.scan()
                        .buffer(PAUSE_EVERY)
                        .concatMap(some -> Mono.delay(PAUSE).thenReturn((long) some.size()), 1)
                        .reduce(0L, Long::sum)
                        .block();
                System.out.println(count);
            }
        }
    }
}
