// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.report;

import io.nvsentinel.examples.benchmarks.report.Chart.Axis;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/** From the numbers of one axis to places on paper. */
final class Scale {

    private static final int LINEAR_TICKS = 5;
    private static final double STEP = 10;

    private final Axis axis;
    private final double low;
    private final double high;
    private final double from;
    private final double to;

    /**
     * A scale.
     *
     * @param axis the axis
     * @param values every number that must have its place
     * @param from the place of the lowest
     * @param to the place of the highest
     */
    Scale(Axis axis, double[] values, double from, double to) {
        this.axis = axis;
        this.from = from;
        this.to = to;
        double highest = DoubleStream.of(values).max().orElse(1);
        if (axis.logarithmic()) {
            double lowest =
                    DoubleStream.of(values).filter(value -> value > 0).min().orElse(1);
            this.low = Math.floor(Math.log10(lowest));
            this.high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(highest, lowest))));
        } else {
            this.low = 0;
            this.high = highest > 0 ? highest : 1;
        }
    }

    double place(double value) {
        double number = axis.logarithmic() ? Math.log10(Math.max(value, Math.pow(STEP, low))) : value;
        return from + (to - from) * (number - low) / (high - low);
    }

    /** The positions of grid lines and their labels. */
    Map<Double, String> ticks() {
        if (!axis.ticks().isEmpty()) {
            return new TreeMap<>(axis.ticks());
        }
        return axis.logarithmic() ? decades() : fifths();
    }

    private Map<Double, String> decades() {
        Map<Double, String> ticks = new TreeMap<>();
        for (double power = low; power <= high; power++) {
            double value = Math.pow(STEP, power);
            ticks.put(value, number(value));
        }
        return ticks;
    }

    private Map<Double, String> fifths() {
        Map<Double, String> ticks = new TreeMap<>();
        for (int i = 0; i <= LINEAR_TICKS; i++) {
            double value = high * i / LINEAR_TICKS;
            ticks.put(value, number(value));
        }
        return ticks;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= STEP || value == 0 ? "%,.0f" : "%.3g", value);
    }
}
