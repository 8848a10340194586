// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The raw numbers, for machines. */
final class JsonReport {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonReport() {}

    static byte[] of(Report report) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("circumstances", report.circumstances());
        tree.put("peers", report.peers());
        tree.put("figures", report.figures().stream().map(JsonReport::figure).toList());
        tree.put("charts", report.charts());
        tree.put("texts", report.texts());
        tree.put("notMeasured", report.notMeasured());
        tree.put("failures", report.failures());
        return MAPPER.writeValueAsBytes(tree);
    }

    private static Map<String, Object> figure(Figure figure) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("scenario", figure.scenario());
        tree.put("name", figure.name());
        tree.put("unit", figure.unit());
        tree.put("series", figure.series().stream().map(JsonReport::series).toList());
        tree.put(
                "goals", figure.goals().stream().map(goal -> goal(figure, goal)).toList());
        return tree;
    }

    private static Map<String, Object> series(Series series) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", series.name());
        tree.put("median", series.median());
        tree.put("min", series.min());
        tree.put("max", series.max());
        tree.put("rounds", List.copyOf(series.rounds()));
        return tree;
    }

    private static Map<String, Object> goal(Figure figure, Goal goal) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("subject", goal.subject());
        tree.put("goal", goal.text());
        tree.put("judged", series(figure.judged(goal)));
        tree.put("reached", figure.isReached(goal));
        return tree;
    }
}
