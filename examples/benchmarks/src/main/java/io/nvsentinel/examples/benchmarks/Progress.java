// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

import java.io.PrintStream;
import java.util.Locale;

/** Reports progress in whole lines, written immediately, so that it is also readable in a file. */
final class Progress {

    private static final double NANOS_PER_SECOND = 1e9;

    private final PrintStream out;
    private final long start = System.nanoTime();

    Progress(PrintStream out) {
        this.out = out;
    }

    void title(String text) {
        line("");
        line(text);
    }

    void detail(String text) {
        double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
        line(String.format(Locale.ROOT, "  %7.1f s  %s", seconds, text));
    }

    private synchronized void line(String text) {
        out.println(text);
        out.flush();
    }
}
