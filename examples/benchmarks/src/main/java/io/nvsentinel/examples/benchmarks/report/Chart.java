// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import java.util.List;
import java.util.Map;

/**
 * Lines over two axes.
 *
 * @param id the file's name, without the ending
 * @param title what is shown
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param lines the lines
 */
public record Chart(String id, String title, Axis x, Axis y, List<Line> lines) {

    /** Copies. */
    public Chart {
        lines = List.copyOf(lines);
    }

    /**
     * An axis.
     *
     * @param label its label
     * @param logarithmic whether the scale is logarithmic
     * @param ticks labels at given places; empty for the numbers themselves
     */
    public record Axis(String label, boolean logarithmic, Map<Double, String> ticks) {

        /**
         * An axis that starts at nought.
         *
         * @param label what it counts
         * @return the axis
         */
        public static Axis linear(String label) {
            return new Axis(label, false, Map.of());
        }

        /**
         * An axis on which each step multiplies.
         *
         * @param label what it counts
         * @return the axis
         */
        public static Axis logarithmic(String label) {
            return new Axis(label, true, Map.of());
        }
    }

    /**
     * A line.
     *
     * @param name in the legend
     * @param points from left to right
     */
    public record Line(String name, List<Point> points) {

        /** Copies. */
        public Line {
            points = List.copyOf(points);
        }
    }

    /**
     * A place on a line.
     *
     * @param x along the horizontal axis
     * @param y along the vertical axis
     */
    public record Point(double x, double y) {}
}
