// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one statement read, so in one snapshot: rows, and the facts that determine whether they are valid.
 *
 * @param facts of the changelog
 * @param start the row that is there under the id of the row at the page's beginning; null if there is none
 * @param end the same of the row at the end of the settled part; null if there is none
 * @param rows the changes behind the beginning, in order; without rows whose id was not drawn from the sequence
 * @param complete whether these are all visible rows
 * @param foreign the ids of rows that were not drawn from the sequence, in order
 * @param tables the object id of each watched table, 0 for a table that does not exist
 */
public record ChangelogPage(
        ChangelogFacts facts,
        @Nullable RowCheck start,
        @Nullable RowCheck end,
        List<ChangelogRow> rows,
        boolean complete,
        List<ChangelogRow> foreign,
        Map<String, Long> tables) {

    /**
     * How much memory the documents take.
     *
     * @return bytes
     */
    public long bytes() {
        return rows.stream().mapToLong(ChangelogRow::bytes).sum();
    }
}
