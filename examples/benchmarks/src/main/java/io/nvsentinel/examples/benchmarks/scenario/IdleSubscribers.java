// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.examples.benchmarks.NotMeasuredException;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.BackendTime;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.Disposable;

/** What subscribers cost the server while nothing happens. */
final class IdleSubscribers implements Scenario {

    private static final String APPLICATION = "benchmark-idle";
    private static final Duration SETTLE = Duration.ofSeconds(1);
    private static final double PERCENT = 100;

    @Override
    public String name() {
        return "idle-subscribers";
    }

    @Override
    public String description() {
        return "ten idle subscribers in ten processes: the server's processor time";
    }

    @Override
    public void run(Stage stage) throws InterruptedException {
        if (!stage.server().isEmbedded() || !BackendTime.isKnown()) {
            throw new NotMeasuredException("needs the embedded server on Linux, whose processes can be inspected");
        }
        int processes = stage.choose(2, 10, 10);
        Duration window = stage.window(1_000, 20_000, 60_000);
        Database database = stage.server().create(Capture.LIBRARY);
        List<ChildJvm> children = new ArrayList<>();
        try {
            for (int i = 0; i < processes; i++) {
                children.add(ChildJvm.start(Subscriber.class, "96m", database));
            }
            children.forEach(child -> Lossless.check(1, Long.parseLong(child.line()), "subscribers"));
            Thread.sleep(SETTLE.toMillis());
            stage.say(processes + " subscribers are idle for " + window.toSeconds() + " s");
            report(stage, database, processes, window);
        } finally {
            children.forEach(ChildJvm::close);
        }
        stage.server().drop(database);
    }

    private void report(Stage stage, Database database, int processes, Duration window) throws InterruptedException {
        List<Long> backends = BackendTime.backends(database, APPLICATION);
        long before = BackendTime.nanos(backends);
        Thread.sleep(window.toMillis());
        long used = BackendTime.nanos(backends) - before;
        // A backend that ended in between is not counted; then more began, and the number would be too small.
        Lossless.check(
                backends.size(), BackendTime.backends(database, APPLICATION).size(), "connections while idle");
        double percent = PERCENT * used / window.toNanos();
        stage.report()
                .figure(new Figure(
                        name(),
                        processes + " idle subscribers, " + backends.size() + " connections",
                        "% of one core",
                        List.of(new Series(Ours.NAME, List.of(percent))),
                        List.of(Goal.valueAtMost(Ours.NAME, 1))));
    }

    /** The child's program: watches until its input ends. */
    static final class Subscriber {

        private Subscriber() {}

        /**
         * Watches.
         *
         * @param arguments the database
         * @throws IOException if the input cannot be read
         */
        public static void main(String... arguments) throws IOException {
            try (Ours ours = Ours.connect(ChildJvm.database(arguments), APPLICATION)) {
                Disposable watch = ours.watch(StartAt.now(), null, () -> System.out.println(1))
                        .subscribe();
                System.in.read();
                watch.dispose();
            }
        }
    }
}
