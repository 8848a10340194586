// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.report.Chart;
import io.nvsentinel.examples.benchmarks.report.Chart.Axis;
import io.nvsentinel.examples.benchmarks.report.Chart.Line;
import io.nvsentinel.examples.benchmarks.report.Chart.Point;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What one poll costs, with a short and a long changelog, and with few and many transactions open elsewhere. */
final class PollCost implements Scenario {

    /** "Does not grow", but for what two measurements of the same thing differ by. */
    private static final double SAME = 1.25;

    private static final int BEHIND = 100;

    @Override
    public String name() {
        return "poll-cost";
    }

    @Override
    public String description() {
        return "a poll at the end of the changelog against its size, and against open transactions elsewhere";
    }

    @Override
    public void run(Stage stage) throws Exception {
        Map<Long, Target> targets = new LinkedHashMap<>();
        List<Long> sizes = stage.choose(
                List.of(1_000L, 2_000L),
                List.of(10_000L, 100_000L, 1_000_000L),
                List.of(10_000L, 100_000L, 1_000_000L, 10_000_000L));
        try {
            for (long size : sizes) {
                stage.say("Making a changelog of " + size + " rows");
                targets.put(size, target(stage, size));
            }
            bySize(stage, targets);
            byOpenTransactions(stage, targets.values().iterator().next());
        } finally {
            targets.values().forEach(target -> target.ours.close());
        }
        stage.server().dropAll();
    }

    private record Target(Ours ours, long newest) {}

    private static Target target(Stage stage, long size) {
        Database database = stage.server().create(Capture.LIBRARY);
        Documents.fillChangelog(database, size);
        return new Target(Ours.connect(database), database.number("SELECT max(id) FROM datastore_changelog"));
    }

    private void bySize(Stage stage, Map<Long, Target> targets) {
        int polls = stage.choose(20, 1_000, 2_000);
        List<Line> lines = List.of(
                line(stage, "empty poll", targets, polls, 0, false),
                line(stage, "poll of " + BEHIND + " changes", targets, polls / 5, BEHIND, false),
                line(stage, "empty poll that checks for writers", targets, polls, 0, true));
        stage.report()
                .chart(new Chart(
                        name(),
                        "Cost of a poll",
                        Axis.logarithmic("rows in the changelog"),
                        Axis.logarithmic("milliseconds"),
                        lines));
    }

    private Line line(Stage stage, String title, Map<Long, Target> targets, int polls, int behind, boolean proveGap) {
        List<Contender<Double>> contenders = targets.entrySet().stream()
                .map(target -> new Contender<>(
                        rows(target.getKey()), () -> millis(target.getValue(), polls, behind, proveGap)))
                .toList();
        List<Series> series = series(stage, title, contenders);
        String smallest = series.get(0).name();
        String largest = series.get(series.size() - 1).name();
        stage.report().figure(new Figure(name(), title, "ms", series, List.of(Goal.atMost(largest, SAME, smallest))));
        List<Long> sizes = List.copyOf(targets.keySet());
        return new Line(
                title,
                IntStream.range(0, sizes.size())
                        .mapToObj(i -> new Point(sizes.get(i), series.get(i).median()))
                        .toList());
    }

    private void byOpenTransactions(Stage stage, Target target) throws SQLException {
        int polls = stage.choose(20, 1_000, 2_000);
        int many = stage.choose(5, 100, 100);
        Database elsewhere = stage.server().createEmpty();
        String none = many + " sessions elsewhere without a transaction";
        String open = many + " transactions open elsewhere";
        for (boolean proveGap : List.of(false, true)) {
            List<Contender<Double>> contenders = List.of(
                    new Contender<>(none, () -> beside(elsewhere, many, "SELECT 1", target, polls, proveGap)),
                    new Contender<>(
                            open,
                            () -> beside(
                                    elsewhere, many, "BEGIN; SELECT pg_current_xact_id()", target, polls, proveGap)));
            String title = proveGap ? "empty poll that checks for writers" : "empty poll";
            stage.report()
                    .figure(new Figure(
                            name(),
                            title + ", by transactions in another database",
                            "ms",
                            series(stage, title, contenders),
                            List.of(Goal.atMost(open, SAME, none))));
        }
    }

    /** The sessions are there in both cases, so that the transactions make the difference. */
    private static double beside(Database elsewhere, int many, String doing, Target target, int polls, boolean proveGap)
            throws Exception {
        List<Connection> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < many; i++) {
                Connection connection = elsewhere.connect();
                sessions.add(connection);
                try (Statement statement = connection.createStatement()) {
                    statement.execute(doing);
                }
            }
            // The server is still busy with the connections that were opened and closed.
            millis(target, polls / 4 + 1, 0, proveGap);
            return millis(target, polls, 0, proveGap);
        } finally {
            for (Connection connection : sessions) {
                connection.close();
            }
        }
    }

    private static List<Series> series(Stage stage, String title, List<Contender<Double>> contenders) {
        return stage.rounds(title).warmedUp(contenders).entrySet().stream()
                .map(entry -> new Series(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static double millis(Target target, int polls, int behind, boolean proveGap) throws Exception {
        return Clock.seconds(() -> {
                    for (int i = 0; i < polls; i++) {
                        var reading = target.ours
                                .poll(target.newest - behind, proveGap)
                                .block();
                        Lossless.check(
                                behind,
                                reading == null ? -1 : reading.page().rows().size(),
                                "changes polled");
                    }
                    return null;
                })
                * 1_000
                / polls;
    }

    private static String rows(long size) {
        return String.format(Locale.ROOT, "%,d rows", size);
    }
}
