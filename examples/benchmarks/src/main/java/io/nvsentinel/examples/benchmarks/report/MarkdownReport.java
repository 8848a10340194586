// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import java.util.Locale;
import java.util.Map;

/** The report for people. */
final class MarkdownReport {

    private static final double LARGE = 100;

    private final Report report;
    private final StringBuilder text = new StringBuilder();

    private MarkdownReport(Report report) {
        this.report = report;
    }

    static String of(Report report) {
        return new MarkdownReport(report).write();
    }

    private String write() {
        line("# Benchmarks");
        line("");
        line(
                "Medians of the rounds, with the lowest and the highest round. In a round the contenders took turns; a ratio is");
        line("the median of the rounds' own ratios. A goal that was not reached is marked **no**.");
        goals();
        figures();
        report.charts().forEach(chart -> line("\n![" + chart.title() + "](" + chart.id() + ".svg)"));
        facts("Not measured here", report.notMeasured());
        facts("Failed", report.failures());
        facts("How the contenders are set up", report.peers());
        report.circumstances().forEach(this::facts);
        report.texts().forEach((title, content) -> line("\n## " + title + "\n\n```text\n" + content.strip() + "\n```"));
        return text.toString();
    }

    private void goals() {
        line("\n## Goals\n");
        line("| Scenario | Figure | Measured | Goal | Reached |");
        line("| --- | --- | --- | --- | --- |");
        for (Figure figure : report.figures()) {
            for (Goal goal : figure.goals()) {
                String unit = goal.peer() == null ? " " + figure.unit() : " ×";
                line("| " + figure.scenario() + " | " + figure.name() + ": " + goal.subject() + " | "
                        + spread(figure.judged(goal), unit) + " | " + goal.text()
                        + (goal.peer() == null ? unit : "") + " | " + (figure.isReached(goal) ? "yes" : "**no**")
                        + " |");
            }
        }
    }

    private void figures() {
        line("\n## Figures\n");
        line("| Scenario | Figure | Contender | Median (lowest to highest round) | Beside the first |");
        line("| --- | --- | --- | --- | --- |");
        for (Figure figure : report.figures()) {
            Series first = figure.series().get(0);
            for (Series series : figure.series()) {
                line("| " + figure.scenario() + " | " + figure.name() + " | " + series.name() + " | "
                        + spread(series, " " + figure.unit()) + " | "
                        + (series == first ? "" : number(series.over(first).median()) + " ×") + " |");
            }
        }
    }

    private void facts(String title, Map<String, String> facts) {
        if (facts.isEmpty()) {
            return;
        }
        line("\n## " + title + "\n");
        line("| | |");
        line("| --- | --- |");
        facts.forEach((name, value) ->
                line("| " + name + " | " + value.replace("|", "\\|").replace('\n', ' ') + " |"));
    }

    private static String spread(Series series, String unit) {
        String spread =
                series.rounds().size() == 1 ? "" : " (" + number(series.min()) + " to " + number(series.max()) + ")";
        return number(series.median()) + unit + spread;
    }

    private static String number(double value) {
        if (value == Math.rint(value) || Math.abs(value) >= LARGE) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, Math.abs(value) >= 1 ? "%.2f" : "%.3f", value);
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
