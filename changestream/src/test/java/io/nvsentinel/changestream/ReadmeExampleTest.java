// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's example is the one that is compiled, word for word. */
class ReadmeExampleTest {

    private static final Path MODULE = Path.of(System.getProperty("basedir", ""));

    @Test
    void theReadmeShowsWhatIsCompiled() throws IOException {
        String readme = Files.readString(MODULE.resolve("../README.md"));
        String compiled =
                Files.readString(MODULE.resolve("src/test/java/io/nvsentinel/changestream/ReadmeExample.java"));

        assertThat(readme)
                .contains(shown(between(compiled, "        // README begins\n", "        // README ends\n")))
                .contains(shown(between(
                        compiled,
                        "        // The README's second example begins\n",
                        "        // The README's second example ends\n")));
        assertThat(readme.split("```java\n", -1))
                .as("every example is one of these")
                .hasSize(3);
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
