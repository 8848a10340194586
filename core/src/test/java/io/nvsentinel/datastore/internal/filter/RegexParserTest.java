// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.RegexParser;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("essential")
class RegexParserTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            a(?=b)     ; (? without :
            (?i)a      ; (? without :
            (?<n>a)    ; (? without :
            (a)\\1     ; \\1
            \\bword    ; \\b
            \\Aa       ; \\A
            a\\        ; ends in a backslash
            a*?        ; lazy and possessive
            a++        ; lazy and possessive
            a{2}{3}    ; lazy and possessive
            *a         ; without a preceding element
            ***:a      ; without a preceding element
            ^*         ; repeats ^ or $
            (a|^b)+    ; repeats ^ or $
            (a         ; unclosed (
            a)         ; unmatched )
            a||b       ; empty alternative
            ()         ; empty alternative
            [a         ; unclosed [
            []         ; a set that is empty
            []a]       ; a set that is empty
            [[:alpha:]]; unescaped [
            [a-b-c]    ; unescaped -
            [A-z]      ; range other than
            [z-a]      ; range other than
            [ä-ü]      ; range other than
            [\\D]      ; in a set
            a]         ; is unmatched
            a}         ; is unmatched
            a{         ; without a number
            a{,2}      ; without a number
            a{3,2}     ; minimum exceeds its maximum
            a{256}     ; 255
            a{1000000000000}; 255
            (a{100}){100}   ; more than 2000 characters
            \\é        ; \\é
            """)
    void refusesWhatDialectsReadDifferently(String pattern, String reason) {
        assertThatThrownBy(() -> Filter.matches("some.field", pattern.strip()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("some.field")
                .hasMessageContaining(reason.strip());
    }

    @Test
    void refusesAnEmptyOrTooLongExpression() {
        assertThatThrownBy(() -> Filter.matches("a", "")).hasMessageContaining("empty");
        assertThatThrownBy(() -> Filter.matches("a", "a".repeat(1001))).hasMessageContaining("1000");
        assertThatThrownBy(() -> Filter.matches("a", "(".repeat(31) + "a" + ")".repeat(31)))
                .hasMessageContaining("deeper");
    }

    /** java.util.regex needs exponential time for the first and overflows the stack in the second. */
    @Test
    void doesNotBacktrackOrRecurse() {
        assertThat(find("^(a+)+$", "a".repeat(100_000) + "b")).isFalse();
        assertThat(find("^(a|b)*$", "ab".repeat(100_000))).isTrue();
        assertThat(find("(x*)*(y?){200}y{200}$", "y".repeat(10_000))).isTrue();
    }

    private static boolean find(String pattern, String text) {
        return RegexParser.parse(FieldPath.of("a"), pattern).find(text);
    }
}
