// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the guides show is run, compiled or looked up. */
class GuidesTest {

    @RegisterExtension
    static final BeforeAllCallback DATABASE = SecureDatabase.extension();

    private static final Pattern SQL = Pattern.compile("(?ms)^```sql\\n(.*?)^```");
    private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern METER = Pattern.compile("`(nvsentinel\\.(?:datastore|changestream)\\.[a-z.]+)`");

    private static String guide(String name) {
        return Manifests.read(Manifests.ROOT.resolve(name));
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }

    static Stream<String> statements() {
        return Stream.of("docs/operations.md", "docs/troubleshooting.md")
                .flatMap(file -> found(SQL, guide(file)).stream())
                .flatMap(block -> Stream.of(block.split(";\\s*(\\n|$)")))
                .filter(statement -> !statement.isBlank());
    }

    /** In a transaction that is rolled back, if it can be, so that each finds what the guide's reader would. */
    @ParameterizedTest
    @MethodSource("statements")
    void theServerRunsEveryStatement(String sql) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(SecureDatabase.get().adminUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(sql.contains(" CONCURRENTLY "));
            assertThatCode(() -> statement.execute(sql)).doesNotThrowAnyException();
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }

    @Test
    void thereAreStatements() {
        assertThat(statements()).hasSizeGreaterThan(20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "docs/operations.md",
                "docs/troubleshooting.md",
                "docs/metrics.md",
                "examples/kubernetes/README.md"
            })
    void everyLinkLeadsSomewhere(String file) {
        Path from = Manifests.ROOT.resolve(file);
        for (String link : found(LINK, guide(file))) {
            if (!link.startsWith("https://")) {
                String[] parts = link.split("#", 2);
                Path target = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]);
                assertThat(target).as(link).exists();
                if (parts.length == 2) {
                    assertThat(anchors(target)).as(link).contains(parts[1]);
                }
            }
        }
    }

    private static Set<String> anchors(Path file) {
        return Manifests.read(file)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(MonitoringTest::anchor)
                .collect(Collectors.toSet());
    }

    @Test
    void theMetersThatGuidesNameAreInTheList() {
        String list = guide("docs/metrics.md");
        for (String file : List.of("docs/operations.md", "docs/troubleshooting.md")) {
            assertThat(found(METER, guide(file)))
                    .isNotEmpty()
                    .allSatisfy(meter -> assertThat(list).contains("| `" + meter + "` |"));
        }
    }

    /** The same lines are compiled, in {@link MetricsExample}. */
    @Test
    void theExampleIsCompiled() throws Exception {
        String compiled = Files.readString(
                        Manifests.HERE.resolve("src/test/java/io/nvsentinel/examples/kubernetes/MetricsExample.java"))
                .replaceAll("\\s+", " ");
        List<String> shown = found(JAVA, guide("docs/metrics.md"));
        assertThat(shown)
                .hasSize(1)
                .allSatisfy(code -> assertThat(compiled).contains(code.strip().replaceAll("\\s+", " ")));
    }
}
