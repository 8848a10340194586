// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** SECURITY.md names the test that holds each line of its table. */
class SecurityFileTest {

    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z]*Test)`");

    @Test
    void everyTestThatTheThreatModelNamesExists() throws IOException {
        Set<String> named = NAME.matcher(SchemaFile.read(SchemaFile.ROOT.resolve("SECURITY.md")))
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("`", "") + ".java")
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.walk(SchemaFile.ROOT)) {
            Set<String> present =
                    files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
            assertThat(named).isNotEmpty().isSubsetOf(present);
        }
    }
}
