// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.benchmarks.NotMeasuredException;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.peer.Ours;
import io.nvsentinel.examples.benchmarks.server.Capture;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The plan of each hot statement, as the library's own connection ran it: {@code auto_explain} sends it as a notice, and the
 * driver logs notices.
 */
final class Plans implements Scenario {

    private static final String NOTICES = "io.r2dbc.postgresql.client.ReactorNettyClient";
    private static final Pattern DOCUMENT = Pattern.compile("'\\{\"[^\\n]{200,}?\\}'");
    private static final Pattern FUNCTION = Pattern.compile("SQL function \"[^\"]+\"");
    private static final Pattern PLACE = Pattern.compile(", FILE=auto_explain\\.c.*");
    private static final String TEXT = "Query Text:";
    private static final int BATCH = 100;

    @Override
    public String name() {
        return "plans";
    }

    @Override
    public String description() {
        return "EXPLAIN (ANALYZE, BUFFERS) of each hot statement, triggers included";
    }

    @Override
    public void run(Stage stage) {
        if (!stage.server()
                .admin()
                .text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
                .equals("t")) {
            throw new NotMeasuredException("auto_explain needs a superuser");
        }
        Database database = stage.server().create(Capture.LIBRARY);
        int count = stage.choose(2_000, 100_000, 100_000);
        Documents.fill(database, count);
        UUID id = UUID.fromString(database.text("SELECT id FROM health_events OFFSET " + count / 2 + " LIMIT 1"));
        explain(database);
        try (Notices notices = new Notices();
                Ours ours = Ours.connect(database)) {
            warmUp(ours, id);
            plan(stage, notices, "Insert one", ours.insert(Documents.document(1)));
            plan(stage, notices, "Insert " + BATCH, ours.insertMany(Documents.documents(0, BATCH)));
            plan(stage, notices, "Find by id", ours.findById(id));
            plan(
                    stage,
                    notices,
                    "Find by node",
                    ours.findByNode(Documents.node(1)).then());
            plan(stage, notices, "First page of a scan", ours.scan().next());
            plan(stage, notices, "Page of 1000 changes", ours.poll(count / 2, false));
            plan(stage, notices, "Empty poll", ours.poll(count + 1_000_000L, false));
            plan(stage, notices, "Empty poll that checks for writers", ours.poll(count + 1_000_000L, true));
            plan(stage, notices, "Watch under a name, acknowledge one change, end", watch(ours));
        }
        stage.server().drop(database);
    }

    private static void explain(Database database) {
        for (String setting : List.of(
                "session_preload_libraries = 'auto_explain'",
                "auto_explain.log_min_duration = 0",
                "auto_explain.log_analyze = on",
                "auto_explain.log_buffers = on",
                "auto_explain.log_triggers = on",
                "auto_explain.log_nested_statements = on",
                "auto_explain.log_level = notice")) {
            database.execute("ALTER DATABASE " + database.name() + " SET " + setting);
        }
    }

    /** After five runs the server may choose another plan for a prepared statement, and keeps to it. */
    private static void warmUp(Ours ours, UUID id) {
        for (int i = 0; i < 8; i++) {
            ours.findById(id).block();
            ours.findByNode(Documents.node(1)).blockLast();
            ours.insert(Documents.document(0)).block();
            ours.poll(0, false).block();
            ours.poll(Long.MAX_VALUE, true).onErrorComplete().block();
        }
    }

    private static Mono<Void> watch(Ours ours) {
        Flux<ChangeEvent<HealthEventDocument>> changes = ours.watch(StartAt.beginning(), "plans", () -> {});
        return changes.next().doOnNext(ChangeEvent::acknowledge).then();
    }

    private static void plan(Stage stage, Notices notices, String title, Mono<?> work) {
        notices.plans.clear();
        work.block(Duration.ofMinutes(1));
        Map<String, List<String>> byStatement = notices.plans.stream()
                .collect(Collectors.groupingBy(Plans::statement, LinkedHashMap::new, Collectors.toList()));
        if (byStatement.isEmpty()) {
            throw new IllegalStateException("The server sent no plan for: " + title);
        }
        stage.report()
                .text(
                        "Plan: " + title,
                        byStatement.values().stream().map(Plans::first).collect(Collectors.joining("\n\n")));
        stage.say(title + ": " + byStatement.size() + " statements, " + notices.plans.size() + " plans");
    }

    /** For a statement inside an SQL function, the server only reports its place. */
    private static String statement(String plan) {
        Matcher where = FUNCTION.matcher(plan);
        String text = plan.substring(plan.indexOf(TEXT) + TEXT.length())
                .lines()
                .findFirst()
                .orElse("");
        return text.isBlank() && where.find() ? where.group() : plan.substring(plan.indexOf(TEXT), end(plan));
    }

    private static int end(String plan) {
        int parameters = plan.indexOf("\nQuery Parameters:");
        return parameters < 0 ? plan.indexOf("(cost=") : parameters;
    }

    private static String first(List<String> plans) {
        String plan =
                DOCUMENT.matcher(PLACE.matcher(plans.get(0)).replaceAll("")).replaceAll("'{…}'");
        return plans.size() == 1 ? plan : plan + "\n(" + plans.size() + " times; this is the first)";
    }

    /** Listens to the driver's log. */
    private static final class Notices implements AutoCloseable {

        private final Queue<String> plans = new ConcurrentLinkedQueue<>();
        private final Logger logger = (Logger) LoggerFactory.getLogger(NOTICES);
        private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                String message = event.getFormattedMessage();
                if (message.contains(TEXT)) {
                    plans.add(message.substring(message.indexOf("duration:")));
                }
            }
        };

        Notices() {
            appender.start();
            logger.setLevel(Level.DEBUG);
            logger.setAdditive(false);
            logger.addAppender(appender);
        }

        @Override
        public void close() {
            logger.detachAppender(appender);
            logger.setLevel(null);
            logger.setAdditive(true);
        }
    }
}
