// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.ChangePeer;
import io.nvsentinel.examples.benchmarks.peer.OurWatch;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.peer.PolledChangelog;
import io.nvsentinel.examples.benchmarks.report.Chart;
import io.nvsentinel.examples.benchmarks.report.Chart.Axis;
import io.nvsentinel.examples.benchmarks.report.Chart.Line;
import io.nvsentinel.examples.benchmarks.report.Chart.Point;
import io.nvsentinel.examples.benchmarks.scenario.LoadWriters.Written;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The cost of capture for writers. */
final class Writers implements Scenario {

    private static final String NONE = "no capture";
    private static final String NOTIFY = "trigger with NOTIFY";
    private static final int SUBSCRIBERS = 3;
    private static final double GOAL = 0.65;
    private static final List<Integer> WITH_GOAL = List.of(8, 32);

    @Override
    public String name() {
        return "writers";
    }

    @Override
    public String description() {
        return "commits a second with capture on and " + SUBSCRIBERS
                + " subscribers live, beside no capture and a trigger with NOTIFY in every transaction";
    }

    @Override
    public void run(Stage stage) {
        Duration window = stage.window(300, 3_000, 10_000);
        Database library = stage.server().create(Capture.LIBRARY);
        Database none = stage.server().create(Capture.NONE);
        Database notify = stage.server().create(Capture.NOTIFY);
        Map<String, List<Point>> lines = new LinkedHashMap<>();
        for (int writers : stage.choose(List.of(2), List.of(1, 8, 32), List.of(1, 2, 4, 8, 16, 32, 64))) {
            List<Contender<Double>> contenders = List.of(
                    new Contender<>(
                            Ours.NAME,
                            () -> captured(
                                    library,
                                    writers,
                                    window,
                                    SUBSCRIBERS,
                                    arrivals -> OurWatch.start(library, SUBSCRIBERS, arrivals))),
                    new Contender<>(
                            NONE, () -> LoadWriters.write(none, writers, window).perSecond()),
                    new Contender<>(
                            NOTIFY,
                            () -> captured(
                                    notify,
                                    writers,
                                    window,
                                    0,
                                    arrivals -> PolledChangelog.listening(notify, arrivals))));
            List<Series> series = stage.rounds(writers + " writers").cold(contenders).entrySet().stream()
                    .map(entry -> new Series(entry.getKey(), entry.getValue()))
                    .toList();
            List<Goal> goals = WITH_GOAL.contains(writers) ? List.of(Goal.atLeast(Ours.NAME, GOAL, NONE)) : List.of();
            stage.report().figure(new Figure(name(), writers + " writers", "commits/s", series, goals));
            series.forEach(one ->
                    lines.computeIfAbsent(one.name(), name -> new ArrayList<>()).add(new Point(writers, one.median())));
        }
        chart(stage, lines);
        stage.server().dropAll();
    }

    /**
     * With watches: the rate of the writers, measured when every change has reached each peer that guarantees delivery.
     */
    private static double captured(
            Database database, int writers, Duration window, int promised, ChangePeer.Start watching) throws Exception {
        AtomicLong arrived = new AtomicLong();
        ChangePeer watchers = watching.start(arrived::incrementAndGet);
        try (watchers) {
            Written written = LoadWriters.write(database, writers, window);
            Lossless.await(written.commits() * promised, promised == 0 ? () -> 0 : arrived::get, "changes delivered");
            return written.perSecond();
        }
    }

    private void chart(Stage stage, Map<String, List<Point>> lines) {
        stage.report()
                .chart(new Chart(
                        name(),
                        "Throughput of writers",
                        Axis.linear("writers"),
                        Axis.linear("commits a second"),
                        lines.entrySet().stream()
                                .map(entry -> new Line(entry.getKey(), entry.getValue()))
                                .toList()));
    }
}
