// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/spring-boot.md shows is compiled, and works. */
class GuideTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Path HERE = Path.of(System.getProperty("basedir", ""));
    private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```");

    @Test
    void theExamplesAreCompiled() throws IOException {
        String compiled = words(Files.readString(HERE.resolve(
                        "src/test/java/io/nvsentinel/datastore/springboot/autoconfigure/GuideExample.java")))
                .replace("static class", "class");
        List<String> shown = JAVA.matcher(Files.readString(HERE.resolve("../../docs/spring-boot.md")))
                .results()
                .map((MatchResult example) -> words(example.group(1)))
                .toList();

        assertThat(shown).hasSize(2).allSatisfy(example -> assertThat(compiled).contains(example));
    }

    private static String words(String code) {
        return code.strip().replaceAll("\\s+", " ");
    }

    @Test
    void theExamplesHandleWhatTheyShow() {
        TestProperties.runner()
                .withPropertyValues(TestProperties.of(DATABASE))
                .withUserConfiguration(GuideExample.class)
                .withBean(
                        "start",
                        ChangeHandlerCustomizer.class,
                        () -> (client, watch, processing) -> watch.startAt(StartAt.beginning()))
                .run(context -> {
                    HealthEventStore events = context.getBean(HealthEventStore.class);
                    events.insert(event("harmless", false))
                            .then(events.insert(event("fatal", true)))
                            .block();
                    Await.until(
                            "the node with the fatal event is quarantined",
                            Duration.ofSeconds(30),
                            () -> DATABASE.get()
                                    .queryForStrings("SELECT data #>> '{healthevent,nodeName}' FROM health_events"
                                            + " WHERE data #>> '{healtheventstatus,nodequarantined}' = 'Quarantined'"),
                            List.of("fatal")::equals);
                });
    }

    private static HealthEventDocument event(String node, boolean isFatal) {
        return HealthEventDocument.of(
                Instant.parse("2026-01-01T00:00:00Z"),
                HealthEvent.builder()
                        .nodeName(node)
                        .checkName("GpuXidError")
                        .isFatal(isFatal)
                        .build());
    }
}
