// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
class DocumentDiffTest {

    @Test
    void equalDocumentsDoNotDiffer() {
        DocumentDiff diff = DocumentDiff.between(Map.of("a", Map.of("b", 1)), Map.of("a", Map.of("b", 1)));

        assertThat(diff.updated()).isEmpty();
        assertThat(diff.removed()).isEmpty();
    }

    @Test
    void comparesObjectsMemberByMember() {
        DocumentDiff diff = DocumentDiff.between(
                Map.of("a", Map.of("same", 1, "changed", 2, "gone", 3)),
                Map.of("a", Map.of("same", 1, "changed", 4, "added", 5)));

        assertThat(diff.updated()).containsOnly(Map.entry("a.changed", 4), Map.entry("a.added", 5));
        assertThat(diff.removed()).containsExactly("a.gone");
    }

    @Test
    void reportsWhatChangedInAnArrayAndWhatWasAppendedByIndex() {
        DocumentDiff diff = DocumentDiff.between(
                Map.of("a", List.of(1, Map.of("b", 2, "c", 3), 4)), Map.of("a", List.of(1, Map.of("b", 5), 4, 6)));

        assertThat(diff.updated()).containsOnly(Map.entry("a.1.b", 5), Map.entry("a.3", 6));
        assertThat(diff.removed()).containsExactly("a.1.c");
    }

    @Test
    void reportsAnArrayThatBecameShorterWhole() {
        DocumentDiff diff = DocumentDiff.between(Map.of("a", List.of(1, 2)), Map.of("a", List.of(1)));

        assertThat(diff.updated()).containsOnly(Map.entry("a", List.of(1)));
        assertThat(diff.removed()).isEmpty();
    }

    @Test
    void reportsANewObjectByItsLeavesAndAnEmptyOneAsItself() {
        DocumentDiff diff = DocumentDiff.between(Map.of(), Map.of("a", Map.of("b", Map.of("c", 1)), "empty", Map.of()));

        assertThat(diff.updated()).containsOnly(Map.entry("a.b.c", 1), Map.entry("empty", Map.of()));
    }

    @Test
    void tellsNullFromAbsent() {
        Map<String, Object> withNull = new HashMap<>();
        withNull.put("a", null);

        assertThat(DocumentDiff.between(Map.of(), withNull).updated())
                .hasSize(1)
                .containsEntry("a", null);
        assertThat(DocumentDiff.between(withNull, Map.of()).removed()).containsExactly("a");
        assertThat(DocumentDiff.between(withNull, withNull).updated()).isEmpty();
        assertThat(DocumentDiff.between(withNull, Map.of("a", 1)).updated()).containsOnly(Map.entry("a", 1));
    }

    @Test
    void reportsAnObjectThatBecomesAValueAsThatValue() {
        DocumentDiff diff = DocumentDiff.between(Map.of("a", Map.of("b", 1)), Map.of("a", 7));

        assertThat(diff.updated()).containsOnly(Map.entry("a", 7));
        assertThat(diff.removed()).isEmpty();
    }

    /** No two fields have one path, so no change is lost. */
    @Test
    void escapesNamesWithDotsBackslashesAndEmptyOnes() {
        DocumentDiff diff = DocumentDiff.between(
                Map.of("a.b", 0, "a", Map.of("b", 0), "", 0, "gone.x", 0, "c\\", 0),
                Map.of("a.b", 1, "a", Map.of("b", 2), "", 3, "c\\", 4));

        assertThat(diff.updated())
                .containsOnly(Map.entry("a\\.b", 1), Map.entry("a.b", 2), Map.entry("\\e", 3), Map.entry("c\\\\", 4));
        assertThat(diff.removed()).containsExactly("gone\\.x");
        assertThat(diff.updatedTree()).isEqualTo(Map.of("a.b", 1, "a", Map.of("b", 2), "", 3, "c\\", 4));
    }

    @Test
    void aNumberOfTheSameValueIsNoChange() {
        DocumentDiff diff = DocumentDiff.between(
                Map.of("a", 1, "b", List.of(1, 2), "c", List.of(Map.of("d", new BigDecimal("1.50")), 2), "e", 1),
                Map.of(
                        "a",
                        new BigDecimal("1.0"),
                        "b",
                        List.of(new BigDecimal("1.00"), 2L),
                        "c",
                        List.of(Map.of("d", new BigDecimal("1.5")), 2),
                        "e",
                        new BigDecimal("1.1")));

        assertThat(diff.updated()).containsOnlyKeys("e");
    }

    @Test
    void reportsAnObjectThatWasAnArrayWholeAndTheOtherWayRound() {
        DocumentDiff diff = DocumentDiff.between(
                Map.of("a", List.of(5), "b", Map.of("0", 5), "c", List.of()),
                Map.of("a", Map.of("0", 5), "b", List.of(5), "c", Map.of()));

        assertThat(diff.updated())
                .containsOnly(Map.entry("a", Map.of("0", 5)), Map.entry("b", List.of(5)), Map.entry("c", Map.of()));
        assertThat(diff.removed()).isEmpty();
    }
}
