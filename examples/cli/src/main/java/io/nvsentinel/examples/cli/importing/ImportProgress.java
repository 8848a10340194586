// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.Times;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Says how far the import is: on a terminal in one line that is redrawn, elsewhere in a line now and then. */
final class ImportProgress {

    private static final Duration REDRAW = Duration.ofMillis(200);
    private static final Duration SAY = Duration.ofSeconds(10);
    private static final int BAR = 20;
    private static final int PERCENT = 100;
    private static final double SECOND = 1e9;

    private final Console console;
    private final LongSupplier nanoTime;
    private final long begin;
    private long shown;

    ImportProgress(Console console, LongSupplier nanoTime) {
        this.console = console;
        this.nanoTime = nanoTime;
        this.begin = nanoTime.getAsLong();
        this.shown = begin;
    }

    /**
     * Shows it, if it is time to.
     *
     * @param tally what was done
     * @param share how much of the source was read, or a negative number
     */
    void show(Tally tally, double share) {
        long now = nanoTime.getAsLong();
        boolean animated = console.isAnimated();
        if (now - shown < (animated ? REDRAW : SAY).toNanos()) {
            return;
        }
        shown = now;
        String text = text(tally, share, now - begin);
        if (animated) {
            console.status(text);
        } else {
            console.say(text);
        }
    }

    /** The line. */
    static String text(Tally tally, double share, long nanos) {
        StringBuilder line = new StringBuilder();
        if (share >= 0) {
            int filled = (int) (share * BAR);
            line.append('[')
                    .append("#".repeat(filled))
                    .append(".".repeat(BAR - filled))
                    .append("] ");
            line.append(String.format(Locale.ROOT, "%3d%%  ", (int) (share * PERCENT)));
        }
        line.append(String.format(Locale.ROOT, "%,d documents, %,d/s", tally.read(), rate(tally, nanos)));
        if (share > 0 && share < 1) {
            line.append(", ").append(Times.text(left(share, nanos))).append(" left");
        }
        if (tally.rejected() > 0) {
            line.append(String.format(Locale.ROOT, ", %,d rejected", tally.rejected()));
        }
        return line.toString();
    }

    private static long rate(Tally tally, long nanos) {
        return Math.round(tally.read() / Math.max(nanos / SECOND, 1e-3));
    }

    private static Duration left(double share, long nanos) {
        return Duration.ofSeconds((long) Math.ceil(nanos / SECOND * (1 - share) / share));
    }

    /**
     * How long it has taken, and how fast it was.
     *
     * @param tally what was done
     * @return for the last line
     */
    String summary(Tally tally) {
        long nanos = nanoTime.getAsLong() - begin;
        return Times.text(Duration.ofNanos(nanos))
                + String.format(Locale.ROOT, ", %,d documents/s", rate(tally, nanos));
    }
}
