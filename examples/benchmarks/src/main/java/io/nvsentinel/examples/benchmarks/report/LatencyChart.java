// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.measure.Latency;
import io.nvsentinel.examples.benchmarks.report.Chart.Axis;
import io.nvsentinel.examples.benchmarks.report.Chart.Line;
import io.nvsentinel.examples.benchmarks.report.Chart.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Latency by percentile: each step to the right is ten times as rare. */
public final class LatencyChart {

    private static final double HUNDRED = 100;
    private static final int STEPS_PER_DECADE = 8;
    private static final double DECADE = 10;
    private static final Map<Double, String> TICKS = Map.of(
            1.0, "0 %",
            10.0, "90 %",
            100.0, "99 %",
            1_000.0, "99.9 %",
            10_000.0, "99.99 %");

    private LatencyChart() {}

    /**
     * Makes a chart.
     *
     * @param id the file's name
     * @param title what is shown
     * @param results for each contender its rounds, which are put together
     * @return the chart
     */
    public static Chart of(String id, String title, Map<String, List<Latency>> results) {
        List<Line> lines = results.entrySet().stream()
                .map(entry -> line(entry.getKey(), Latency.sum(entry.getValue())))
                .toList();
        double rarest = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::x)
                .max()
                .orElse(1);
        Map<Double, String> ticks = new TreeMap<>(TICKS);
        ticks.keySet().removeIf(tick -> tick > rarest * DECADE);
        return new Chart(id, title, new Axis("of all changes", true, ticks), Axis.logarithmic("milliseconds"), lines);
    }

    private static Line line(String name, Latency latency) {
        List<Point> points = new ArrayList<>();
        for (int step = 0; ; step++) {
            double rarity = Math.pow(DECADE, (double) step / STEPS_PER_DECADE);
            // Beyond this a percentile would be the one slowest change.
            if (rarity > Math.max(1, latency.count())) {
                return new Line(name, points);
            }
            points.add(new Point(rarity, latency.millis(HUNDRED - HUNDRED / rarity)));
        }
    }
}
