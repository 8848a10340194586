// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

import io.nvsentinel.examples.benchmarks.measure.Rounds;
import io.nvsentinel.examples.benchmarks.report.Report;
import io.nvsentinel.examples.benchmarks.server.MeasuredServer;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a scenario plays with. */
public final class Stage {

    private final MeasuredServer server;
    private final Report report;
    private final Settings settings;
    private final Consumer<String> progress;

    Stage(MeasuredServer server, Report report, Settings settings, Consumer<String> progress) {
        this.server = server;
        this.report = report;
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * What the user chose.
     *
     * @param size how much is measured
     * @param rounds how often, or null for the size's own number
     * @param duration how long timed measurements take, or null for the scenario's own
     */
    record Settings(
            Size size, @Nullable Integer rounds, @Nullable Duration duration) {}

    /**
     * The measured server.
     *
     * @return the server; the scenario does not close it
     */
    public MeasuredServer server() {
        return server;
    }

    /**
     * Where figures go.
     *
     * @return the report
     */
    public Report report() {
        return report;
    }

    /**
     * Chooses by the run's size.
     *
     * @param smoke for the smallest size
     * @param usual for the size in between
     * @param full for the largest size
     * @param <T> what is chosen
     * @return one of the three
     */
    public <T> T choose(T smoke, T usual, T full) {
        return settings.size().choose(smoke, usual, full);
    }

    /**
     * How long a timed measurement takes.
     *
     * @param smoke milliseconds for the smallest size
     * @param usual milliseconds for the size in between
     * @param full milliseconds for the largest size
     * @return what the user chose, else one of the three
     */
    public Duration window(long smoke, long usual, long full) {
        Duration chosen = settings.duration();
        return chosen == null ? Duration.ofMillis(choose(smoke, usual, full)) : chosen;
    }

    /**
     * Rounds for a comparison.
     *
     * @param what is compared, for the progress
     * @return as many rounds as the user chose, else 1, 3 or 5
     */
    public Rounds rounds(String what) {
        Integer chosen = settings.rounds();
        return new Rounds(
                chosen == null ? choose(1, 3, 5) : chosen,
                Duration.ofSeconds(choose(0, 5, 10)),
                text -> say(what + ": " + text));
    }

    /**
     * Reports progress.
     *
     * @param text one line
     */
    public void say(String text) {
        progress.accept(text);
    }
}
