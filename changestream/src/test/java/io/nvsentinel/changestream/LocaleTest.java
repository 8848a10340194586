// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No main code of any module formats or changes case by the JVM's locale: under others a number has other digits, and an i is
 * another letter. What Error Prone finds is refused by the compiler; this is what it leaves.
 */
class LocaleTest {

    private static final Pattern BY_LOCALE = Pattern.compile(
            "\\.formatted\\(|String\\s*\\.format\\((?!\\s*Locale\\.ROOT)"
                    + "|\\.printf\\((?!\\s*Locale\\.ROOT)|\\.to(?:Lower|Upper)Case\\(\\)|Locale\\.getDefault|ofLocalized"
                    + "|new (?:DecimalFormat|SimpleDateFormat|MessageFormat)\\(|NumberFormat\\.get|\\bnew Formatter\\(\\)");

    @Test
    void noMainCodeFormatsByTheLocale() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        List<Path> sources;
        try (Stream<Path> files = Files.walk(root)) {
            sources = files.filter(file -> file.toString().contains("/src/main/java/")
                            && file.toString().endsWith(".java"))
                    .toList();
        }
        assertThat(sources).hasSizeGreaterThan(300);
        assertThat(sources)
                .allSatisfy(source -> assertThat(
                                BY_LOCALE.matcher(text(source)).results().map(found -> found.group()))
                        .as(root.relativize(source).toString())
                        .isEmpty());
    }

    private static String text(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
