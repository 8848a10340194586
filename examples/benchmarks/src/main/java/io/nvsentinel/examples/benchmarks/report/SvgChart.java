// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.report.Chart.Line;
import io.nvsentinel.examples.benchmarks.report.Chart.Point;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Draws a chart as SVG, readable on light and dark paper. */
final class SvgChart {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 440;
    private static final int LEFT = 80;
    private static final int RIGHT = 240;
    private static final int TOP = 44;
    private static final int BOTTOM = 60;
    private static final int LEGEND_STEP = 20;
    private static final List<String> COLOURS =
            List.of("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#7f7f7f");

    private final Chart chart;
    private final Scale x;
    private final Scale y;
    private final StringBuilder svg = new StringBuilder();

    private SvgChart(Chart chart) {
        this.chart = chart;
        this.x = new Scale(chart.x(), numbers(chart, true), LEFT, WIDTH - RIGHT);
        this.y = new Scale(chart.y(), numbers(chart, false), HEIGHT - BOTTOM, TOP);
    }

    static String draw(Chart chart) {
        return new SvgChart(chart).draw();
    }

    private static double[] numbers(Chart chart, boolean horizontal) {
        return chart.lines().stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> horizontal ? point.x() : point.y())
                .toArray();
    }

    private String draw() {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, HEIGHT, WIDTH, HEIGHT);
        add("<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>");
        text(LEFT, TOP - 20, "start", "font-size=\"15\" font-weight=\"bold\"", chart.title());
        axes();
        for (int i = 0; i < chart.lines().size(); i++) {
            line(chart.lines().get(i), i);
        }
        add("</svg>");
        return svg.toString();
    }

    private void axes() {
        y.ticks().forEach((value, label) -> {
            double place = y.place(value);
            add("<path d=\"M%d %.1fH%d\" stroke=\"#dddddd\"/>", LEFT, place, WIDTH - RIGHT);
            text(LEFT - 8, place + 4, "end", "", label);
        });
        x.ticks().forEach((value, label) -> {
            double place = x.place(value);
            add("<path d=\"M%.1f %dV%d\" stroke=\"#dddddd\"/>", place, TOP, HEIGHT - BOTTOM);
            text(place, HEIGHT - BOTTOM + 18, "middle", "", label);
        });
        text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 16, "middle", "", chart.x().label());
        double middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        text(
                20,
                middle,
                "middle",
                String.format(Locale.ROOT, "transform=\"rotate(-90 20 %.1f)\"", middle),
                chart.y().label());
    }

    private void line(Line line, int index) {
        String colour = COLOURS.get(index % COLOURS.size());
        String path = line.points().stream().map(this::place).collect(Collectors.joining(" L", "M", ""));
        add("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", path, colour);
        for (Point point : line.points()) {
            add(
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>",
                    x.place(point.x()), y.place(point.y()), colour);
        }
        double place = TOP + 8.0 + index * LEGEND_STEP;
        add("<path d=\"M%d %.1fh18\" stroke=\"%s\" stroke-width=\"3\"/>", WIDTH - RIGHT + 16, place, colour);
        text(WIDTH - RIGHT + 40, place + 4, "start", "", line.name());
    }

    private String place(Point point) {
        return String.format(Locale.ROOT, "%.1f %.1f", x.place(point.x()), y.place(point.y()));
    }

    private void text(double left, double baseline, String anchor, String attributes, String content) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#333333\" %s>%s</text>",
                left, baseline, anchor, attributes, escape(content));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
