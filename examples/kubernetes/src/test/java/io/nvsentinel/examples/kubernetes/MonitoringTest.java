// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.examples.kubernetes.Manifests.Node;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The alerts and the dashboard use metrics and labels that Prometheus really gets from the library. */
class MonitoringTest {

    @RegisterExtension
    static final BeforeAllCallback DATABASE = SecureDatabase.extension();

    private static final Pattern SAMPLE = Pattern.compile("(?m)^(nvsentinel_\\w+)(?:\\{(.*)})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Pattern METRIC = Pattern.compile("(nvsentinel_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern GROUPED = Pattern.compile("\\bby \\(([^)]*)\\)");

    /** What Prometheus itself adds when it scrapes. */
    private static final Set<String> ADDED = Set.of("instance", "job");

    private static final Map<String, Set<String>> LABELS = new HashMap<>();
    private static final Map<String, Set<String>> VALUES = new HashMap<>();

    /** An expression, and the labels that its text form shows. */
    private record Expression(String where, String text, Set<String> shown) {}

    @BeforeAll
    static void scrape() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        AllMeters.register(SecureDatabase.get(), registry);
        Matcher samples = SAMPLE.matcher(registry.scrape());
        while (samples.find()) {
            Set<String> labels = LABELS.computeIfAbsent(samples.group(1), name -> new HashSet<>());
            Matcher label = LABEL.matcher(samples.group(2) == null ? "" : samples.group(2));
            while (label.find()) {
                labels.add(label.group(1));
                VALUES.computeIfAbsent(label.group(1), name -> new HashSet<>()).add(label.group(2));
            }
        }
        assertThat(LABELS).containsKey("nvsentinel_datastore_up");
    }

    private static List<Node> rules() {
        return Manifests.documents("monitoring/alerts.yaml").get(0).list("groups").stream()
                .flatMap(group -> group.list("rules").stream())
                .toList();
    }

    private static List<Expression> expressions() {
        List<Expression> all = new ArrayList<>();
        rules().forEach(rule -> all.add(new Expression(
                rule.text("alert"),
                rule.text("expr"),
                names("\\$labels\\.(\\w+)", rule.at("annotations").text("summary")))));
        dashboard()
                .get("panels")
                .forEach(panel -> panel.get("targets")
                        .forEach(target -> all.add(new Expression(
                                panel.get("title").asString(),
                                target.get("expr").asString(),
                                names(
                                        "\\{\\{(\\w+)}}",
                                        target.get("legendFormat").asString())))));
        dashboard().get("templating").get("list").forEach(variable -> {
            if (variable.get("type").asString().equals("query")) {
                all.add(new Expression(
                        "variable", variable.get("query").get("query").asString(), Set.of()));
            }
        });
        return all;
    }

    private static JsonNode dashboard() {
        return JsonMapper.shared().readTree(Manifests.read(Manifests.HERE.resolve("monitoring/dashboard.json")));
    }

    private static Set<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
    }

    /** If Prometheus's own tool is available: only it detects label sets that cannot match. */
    @Test
    void everyAlertFiresAsItsTestSays() throws Exception {
        Optional<Path> promtool = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(place -> Path.of(place, "promtool"))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(promtool.isPresent(), "There is no promtool on the path");
        Process process = new ProcessBuilder(promtool.get().toString(), "test", "rules", "alerts-test.yaml")
                .directory(Manifests.HERE.resolve("monitoring").toFile())
                .redirectErrorStream(true)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(told).isZero();
    }

    @Test
    void everyAlertHasATest() {
        List<String> tested = Manifests.documents("monitoring/alerts-test.yaml").get(0).list("tests").stream()
                .flatMap(test -> test.list("alert_rule_test").stream())
                .map(test -> test.text("alertname"))
                .toList();
        assertThat(tested)
                .containsAll(rules().stream().map(rule -> rule.text("alert")).toList());
    }

    @Test
    void everyMetricExistsWithEveryLabelThatIsUsed() {
        for (Expression expression : expressions()) {
            List<MatchResult> metrics =
                    METRIC.matcher(expression.text()).results().toList();
            assertThat(metrics).as(expression.where()).isNotEmpty();
            Set<String> grouped = GROUPED.matcher(expression.text())
                    .results()
                    .flatMap(by -> Stream.of(by.group(1).split(", *")))
                    .collect(Collectors.toSet());
            for (MatchResult metric : metrics) {
                assertThat(LABELS).as(expression.where()).containsKey(metric.group(1));
                Set<String> known = new HashSet<>(LABELS.get(metric.group(1)));
                known.addAll(ADDED);
                assertThat(known)
                        .as("%s: %s", expression.where(), metric.group(1))
                        .containsAll(grouped);
                assertThat(known)
                        .as("%s: %s", expression.where(), metric.group(1))
                        .containsAll(expression.shown());
                Matcher selector = LABEL.matcher(metric.group(2) == null ? "" : metric.group(2));
                while (selector.find()) {
                    assertThat(known).as(expression.where()).contains(selector.group(1));
                }
            }
            // What is grouped away cannot be shown.
            if (!grouped.isEmpty()) {
                assertThat(grouped).as(expression.where()).containsAll(expression.shown());
            }
        }
    }

    @Test
    void theCausesOfWakeUpsAreThoseThatAlertsAskFor() {
        Set<String> asked = rules().stream()
                .flatMap(rule -> names("cause=\"(\\w+)\"", rule.text("expr")).stream())
                .collect(Collectors.toSet());
        assertThat(asked).isNotEmpty();
        assertThat(Stream.of(WakeUp.values()).map(Enum::name)).containsAll(asked);
        assertThat(VALUES.get("cause")).isNotEmpty();
    }

    /** It cannot be read from a meter; so it is the default, and the command that makes it another one finds it. */
    @Test
    void theAlertOfHistoryLossKnowsTheAgeThatIsTheDefault() {
        String expression = rules().stream()
                .filter(rule -> rule.text("alert").equals("ChangeStreamHistoryLossNear"))
                .map(rule -> rule.text("expr"))
                .collect(Collectors.joining());
        String age = "0.8 * " + RetentionOptions.defaults().maxAge().toDays() + " * 86400";
        assertThat(expression).endsWith("> " + age);

        String readme = Manifests.read(Manifests.HERE.resolve("README.md"));
        Matcher command = Pattern.compile("sed 's/(.+)/(.+)/' examples/kubernetes/(monitoring/alerts\\.yaml)")
                .matcher(readme);
        assertThat(command.find()).isTrue();
        String alerts = Manifests.read(Manifests.HERE.resolve(command.group(3)));
        assertThat(alerts.replaceAll(command.group(1), command.group(2)))
                .isEqualTo(alerts.replace(age, "0.8 * 7 * 86400"))
                .isNotEqualTo(alerts);
    }

    @Test
    void theDashboardShowsEveryMetric() {
        Set<String> shown = expressions().stream()
                .flatMap(expression ->
                        METRIC.matcher(expression.text()).results().map(metric -> metric.group(1)))
                .map(MonitoringTest::family)
                .collect(Collectors.toSet());
        assertThat(shown)
                .containsAll(
                        LABELS.keySet().stream().map(MonitoringTest::family).toList());
    }

    /** A timer has several. */
    private static String family(String metric) {
        return metric.replaceAll("_seconds_(count|sum|max)$", "");
    }

    @Test
    void everyAlertHasASummaryASeverityAndASectionToReadOn() {
        Set<String> anchors = Manifests.read(Manifests.ROOT.resolve("docs/troubleshooting.md"))
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(MonitoringTest::anchor)
                .collect(Collectors.toSet());
        assertThat(rules()).extracting(rule -> rule.text("alert")).doesNotHaveDuplicates();
        for (Node rule : rules()) {
            assertThat(rule.text("labels", "severity")).as(rule.text("alert")).isIn("warning", "critical");
            assertThat(rule.text("annotations", "summary")).isNotBlank();
            String[] runbook = rule.text("annotations", "runbook").split("#");
            assertThat(runbook[0]).isEqualTo("docs/troubleshooting.md");
            assertThat(anchors).as(rule.text("alert")).contains(runbook[1]);
        }
    }

    /** As GitHub makes them. */
    static String anchor(String heading) {
        return heading.replaceFirst("^#+ *", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9 _-]", "")
                .replace(' ', '-');
    }
}
