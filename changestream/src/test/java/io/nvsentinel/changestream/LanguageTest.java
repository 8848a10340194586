// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Javadoc, comments, string literals and documents use the terms of {@code docs/glossary.md}, with a named subject in
 * each sentence. This test fails on the phrases that used to stand in their place.
 */
@Tag("essential")
class LanguageTest {

    private static final Path ROOT = Path.of("..");

    /** A phrase as a regular expression; a space matches any white space. The value says what to write. */
    private static final Map<String, String> PHRASES = Map.ofEntries(
            Map.entry("whoever|whatever|whichever", "name the subject; 'regardless of'"),
            Map.entry("somebody|someone|anybody|anyone|nobody|everybody", "name the session, caller, watch or user"),
            Map.entry("he|him|his|she|her", "'it' for a program, or name the role"),
            Map.entry("lends?|lent|lending|borrowers?", "acquire, in use"),
            Map.entry("g[ia]ve[sn]? (?:it |them |one )?back|giving (?:it |them )?back", "release, return"),
            Map.entry("t(?:akes?|ook|aken|aking) (?:it |them )?back", "release, undo"),
            Map.entry("(?:is|are|was|were|be|been) away", "is unavailable"),
            Map.entry("(?:comes?|came|coming) back", "is available again, is released"),
            Map.entry("(?<!boot[- ])starters?", "instance that is starting"),
            Map.entry("asks? for writers", "checks which transactions are writing"),
            Map.entry("dear|dearer", "slower, more expensive"),
            Map.entry("half-?way", "partway"),
            Map.entry("hears?|heard", "receives, is notified"),
            Map.entry("tells?|told|telling", "reports, notifies, returns"),
            Map.entry("go(?:es)? on|went on|going on|gone on", "continues, resumes"),
            Map.entry("asleep|slept|sleeping (?:subscriber|stream|watch)s?", "idle"),
            Map.entry("g[ia]ves? up|given up|giving up", "dead-letter, release, stop retrying"),
            Map.entry("what (?:is|was) wrong", "the reason, the error"),
            Map.entry("a text(?! file)", "a string"),
            Map.entry("also (?:if|where)|even where", "even if"),
            Map.entry("those who|one who|ones who", "name the subject"),
            Map.entry("where (?:it|there|they|no|nothing|neither) (?:is|are|was|were|has|have)", "if"),
            Map.entry("(?:comes?|came) to (?:its|their|an|the) end", "completes"),
            Map.entry("doorbells?|gates?|debts?", "wake-up signal, idle lock, pending notification"),
            Map.entry("talk|talks", "messages"),
            Map.entry("looks? after", "administers, renews"),
            Map.entry("for ever", "without limit, forever"),
            Map.entry(
                    "pageRows|pageBytes|firstBackoff|eventTimeout|giveUpAfter|stepRows|ifOwned|keepRunning|insertAll"
                            + "|MisconfiguredException|PoolFigures",
                    "the name that it has now"));

    private static final Pattern ANY = Pattern.compile(
            PHRASES.keySet().stream()
                    .map(phrase -> "(?:" + phrase.replace(" ", "\\s+") + ")")
                    .reduce((one, other) -> one + "|" + other)
                    .map(all -> "\\b(?:" + all + ")\\b")
                    .orElseThrow(),
            Pattern.CASE_INSENSITIVE);

    /** Files that may contain a phrase, with the reason. */
    private static final Map<String, String> ALLOWED = Map.of(
            "changestream/src/test/java/io/nvsentinel/changestream/LanguageTest.java", "contains the phrases",
            "changestream/src/test/java/io/nvsentinel/changestream/PgBouncer.java",
                    "runs as the operating system's user nobody");

    @Test
    void noSentenceUsesAPrivateIdiom() throws IOException {
        List<String> found = new ArrayList<>();
        List<String> read = new ArrayList<>();
        for (Path file : files()) {
            String name = ROOT.relativize(file).toString().replace('\\', '/');
            read.add(name);
            if (!ALLOWED.containsKey(name)) {
                found.addAll(findings(name, Files.readString(file)));
            }
        }

        assertThat(read)
                .contains("README.md", "docs/glossary.md", "tls/src/main/java/io/nvsentinel/tls/TlsContext.java")
                .containsAll(ALLOWED.keySet())
                .hasSizeGreaterThan(500);
        assertThat(found).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/** Waits for whoever is slow. */ class A {}",
                "/**\n * Waits for\n * whoever is slow.\n */ class A {}",
                "// the stream goes\n// on by polling\nclass A {}",
                "class A { String s = \"the connection is \" + \"lent\"; }",
                "class A { String s = \"the stream goes \"\n + \"on\"; }",
                "class A { String s = \"\"\"\n   nobody waits\n   \"\"\"; }",
            })
    void findsAPlantedSentenceInJava(String source) {
        assertThat(findings("A.java", source)).singleElement().asString().startsWith("A.java:");
    }

    @Test
    void findsAPlantedSentenceInADocument() {
        assertThat(findings("a.md", "# Title\n\nThe server\nis away.\n"))
                .singleElement()
                .asString()
                .startsWith("a.md:3: ");
    }

    @Test
    void readsNoIdentifiers() {
        assertThat(findings("A.java", "class A { char c = '\"'; int lent = nobody(\"x\", goes, \"on\"); } // " + "ok"))
                .isEmpty();
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> all = Stream.of(
                        "changestream", "core", "tls", "test-server", "integrations", "examples", "docs", ".")
                .flatMap(folder -> walk(ROOT.resolve(folder), folder.equals(".") ? 1 : 32))) {
            return all.filter(file -> !file.toString().contains("target"))
                    .filter(file ->
                            file.toString().endsWith(".java") || file.toString().endsWith(".md"))
                    .map(Path::normalize)
                    .sorted()
                    .toList();
        }
    }

    private static Stream<Path> walk(Path folder, int depth) {
        try {
            return Files.walk(folder, depth);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> findings(String name, String content) {
        String prose = name.endsWith(".java") ? prose(content) : content;
        List<String> found = new ArrayList<>();
        Matcher matcher = ANY.matcher(prose);
        while (matcher.find()) {
            long line = prose.substring(0, matcher.start()).lines().count();
            found.add(name + ":" + Math.max(line, 1) + ": \"" + matcher.group().replaceAll("\\s+", " ") + "\", write: "
                    + instead(matcher.group()));
        }
        return found;
    }

    private static String instead(String phrase) {
        return PHRASES.entrySet().stream()
                .filter(entry -> Pattern.compile(entry.getKey().replace(" ", "\\s+"), Pattern.CASE_INSENSITIVE)
                        .matcher(phrase)
                        .matches())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static final Pattern TOKEN = Pattern.compile(
            "\"\"\"[^\\\\]*?(?:\\\\.[^\\\\]*?)*?\"\"\"|\"[^\"\\\\\\n]*+(?:\\\\.[^\"\\\\\\n]*+)*+\"|'(?:\\\\.|[^'\\\\\\n])+'|//[^\\n]*+|/\\*.*?\\*/",
            Pattern.DOTALL);

    /** The comments and literals of a source, each at its place; everything else is blanked, and separates them. */
    private static String prose(String source) {
        StringBuilder prose = new StringBuilder();
        Matcher token = TOKEN.matcher(source);
        int end = 0;
        while (token.find()) {
            String code = source.substring(end, token.start());
            prose.append(code.strip().equals("+") || code.isBlank() ? blank(code, ' ') : blank(code, '|'));
            String text = token.group();
            if (text.startsWith("'")) {
                prose.append(blank(text, '|'));
            } else if (text.startsWith("\"")) {
                prose.append(text.replace('"', ' '));
            } else {
                prose.append(text.replaceAll("(?m)^(\\s*)(?:/\\*\\*?|\\*/|\\*|//)", "$1 ")
                        .replace("*/", "  "));
            }
            end = token.end();
        }
        return prose.append(blank(source.substring(end), '|')).toString();
    }

    private static String blank(String code, char with) {
        return code.replaceAll("[^\\n]", String.valueOf(with));
    }
}
