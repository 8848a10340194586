// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The README's examples are identical to the compiled ones. */
class ReadmeExampleTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Path MODULE = Path.of(System.getProperty("basedir", ""));
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int EXAMPLES = 3;

    /** More lines than this, and a newcomer no longer reads it. */
    private static final int LONGEST = 150;

    @Test
    void theReadmeShowsWhatIsCompiled() throws IOException {
        String readme = Files.readString(MODULE.resolve("../README.md"));
        String compiled =
                Files.readString(MODULE.resolve("src/test/java/io/nvsentinel/changestream/ReadmeExample.java"));

        for (int example = 1; example <= EXAMPLES; example++) {
            assertThat(readme)
                    .contains(shown(between(
                            compiled,
                            "        // example " + example + " begins\n",
                            "        // example " + example + " ends\n")));
        }
        assertThat(readme.split("```java\n", -1))
                .as("every example is one of these")
                .hasSize(EXAMPLES + 1);
    }

    @Test
    void theReadmeIsShort() throws IOException {
        assertThat(Files.readAllLines(MODULE.resolve("../README.md"))).hasSizeLessThanOrEqualTo(LONGEST);
    }

    @Test
    void theExampleOfInsertingUpdatingAndFindingWorks() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            assertThat(ReadmeExample.use(datastore).block(SOON)).isEqualTo(1);
            assertThat(datastore
                            .healthEvents()
                            .findLatestByNode("gpu-node-1")
                            .block(SOON)
                            .document()
                            .status()
                            .nodeQuarantined())
                    .isEqualTo(Status.QUARANTINED);
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static String shown(String compiled) {
        return "```java\n" + compiled.stripTrailing().stripIndent() + "\n```\n";
    }

    private static String between(String text, String begin, String end) {
        assertThat(text).containsOnlyOnce(begin);
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf(end, from);
        assertThat(to).as("\"%s\" ends with \"%s\"", begin.strip(), end.strip()).isGreaterThan(from);
        return text.substring(from, to);
    }
}
