// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The BOM has no parent, so that applications import nothing but its own versions: these are compared here. */
@Tag("essential")
class BomTest {

    private static final Pattern PROPERTY = Pattern.compile("<([a-z0-9-]+\\.version)>([^<$]+)</");
    private static final Pattern VERSION = Pattern.compile(
            "<artifactId>nvsentinel-datastore-(?:bom|parent)</artifactId>\\s*" + "<version>([^<]+)</version>");

    @Test
    void theVersionsAreThoseThatWereTested() throws IOException {
        Map<String, String> managed = properties("bom/pom.xml");

        assertThat(managed).hasSizeGreaterThan(10);
        assertThat(properties("pom.xml")).containsAllEntriesOf(managed);
        assertThat(version("bom/pom.xml")).isEqualTo(version("pom.xml"));
    }

    /** What the modules need at run time, other than the libraries that have BOMs of their own, and what Spring Boot manages. */
    @Test
    void everythingThatTheModulesNeedIsManaged() throws IOException {
        String bom = read("bom/pom.xml");
        for (String module : List.of("tls", "core", "changestream", "integrations/spring-boot-starter")) {
            String name = module.substring(module.lastIndexOf('/') + 1);
            assertThat(bom).contains("<artifactId>nvsentinel-datastore-" + name + "</artifactId>");
            String main = read(module + "/pom.xml").replaceAll("(?s)<build>.*", "");
            List<String> needed = Pattern.compile("(?s)<dependency>(.*?)</dependency>")
                    .matcher(main)
                    .results()
                    .map(dependency -> dependency.group(1))
                    .filter(dependency -> !dependency.contains("<scope>test</scope>"))
                    .filter(
                            dependency -> !dependency.matches(
                                    "(?s).*<groupId>(io.netty|io.projectreactor|tools.jackson|"
                                            + "com.fasterxml.jackson|org.springframework.boot|org.testcontainers)[.a-z]*</groupId>.*"))
                    .map(dependency -> dependency.replaceAll("(?s).*<artifactId>([^<]+)</artifactId>.*", "$1"))
                    .toList();
            assertThat(needed)
                    .isNotEmpty()
                    .allSatisfy(artifact -> assertThat(bom).contains("<artifactId>" + artifact + "</artifactId>"));
        }
    }

    private static Map<String, String> properties(String pom) throws IOException {
        return PROPERTY.matcher(read(pom))
                .results()
                .collect(Collectors.toMap(
                        property -> property.group(1), property -> property.group(2), (first, second) -> first));
    }

    private static String version(String pom) throws IOException {
        return VERSION.matcher(read(pom)).results().findFirst().orElseThrow().group(1);
    }

    private static String read(String file) throws IOException {
        return SchemaFile.read(SchemaFile.ROOT.resolve(file));
    }
}
