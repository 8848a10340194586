// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.measure.Figure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run found out. */
public final class Report {

    private final Map<String, Map<String, String>> circumstances = new LinkedHashMap<>();
    private final Map<String, String> peers = new LinkedHashMap<>();
    private final List<Figure> figures = new ArrayList<>();
    private final List<Chart> charts = new ArrayList<>();
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, String> notMeasured = new LinkedHashMap<>();
    private final Map<String, String> failures = new LinkedHashMap<>();

    /**
     * Adds facts about the circumstances.
     *
     * @param title what they are about
     * @param facts by name
     */
    public void circumstance(String title, Map<String, String> facts) {
        circumstances.put(title, Map.copyOf(facts).isEmpty() ? Map.of() : new LinkedHashMap<>(facts));
    }

    /**
     * Adds how a contender is set up.
     *
     * @param name the contender
     * @param setUp in words
     */
    public void peer(String name, String setUp) {
        peers.put(name, setUp);
    }

    /**
     * Adds a figure.
     *
     * @param figure the figure
     */
    public void figure(Figure figure) {
        figures.add(figure);
    }

    /**
     * Adds a chart.
     *
     * @param chart the chart
     */
    public void chart(Chart chart) {
        charts.add(chart);
    }

    /**
     * Adds preformatted output.
     *
     * @param title its title
     * @param text the text
     */
    public void text(String title, String text) {
        texts.put(title, text);
    }

    /**
     * Says that something could not be measured here.
     *
     * @param scenario what
     * @param reason why
     */
    public void notMeasured(String scenario, String reason) {
        notMeasured.put(scenario, reason);
    }

    /**
     * Says that a scenario failed.
     *
     * @param scenario which
     * @param reason why
     */
    public void failure(String scenario, String reason) {
        failures.put(scenario, reason);
    }

    /**
     * The circumstances.
     *
     * @return facts by title and name
     */
    public Map<String, Map<String, String>> circumstances() {
        return circumstances;
    }

    /**
     * How the contenders are set up.
     *
     * @return by name
     */
    public Map<String, String> peers() {
        return peers;
    }

    /**
     * The figures.
     *
     * @return in the order in which they were measured
     */
    public List<Figure> figures() {
        return figures;
    }

    /**
     * The charts.
     *
     * @return in the order in which they were made
     */
    public List<Chart> charts() {
        return charts;
    }

    /**
     * Query plans and other output.
     *
     * @return by title
     */
    public Map<String, String> texts() {
        return texts;
    }

    /**
     * What could not be measured here.
     *
     * @return reasons by scenario
     */
    public Map<String, String> notMeasured() {
        return notMeasured;
    }

    /**
     * What failed.
     *
     * @return reasons by scenario
     */
    public Map<String, String> failures() {
        return failures;
    }

    /**
     * Writes {@code report.json}, {@code report.md} and a file for each chart.
     *
     * @param directory is made if it does not exist
     */
    public void write(Path directory) {
        try {
            Files.createDirectories(directory);
            for (Chart chart : charts) {
                Files.writeString(directory.resolve(chart.id() + ".svg"), SvgChart.draw(chart));
            }
            Files.write(directory.resolve("report.json"), JsonReport.of(this));
            Files.writeString(directory.resolve("report.md"), MarkdownReport.of(this));
        } catch (IOException e) {
            throw new UncheckedIOException("The report cannot be written: " + e.getMessage(), e);
        }
    }
}
