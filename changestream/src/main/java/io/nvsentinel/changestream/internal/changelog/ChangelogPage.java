// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What one statement read, so in one snapshot: rows, and the facts that tell whether they can be trusted.
 *
 * @param incarnation tells this changelog from another
 * @param oldestId the lowest id that is surely still kept
 * @param newestId the highest id drawn so far
 * @param standby whether the server is a standby, which cannot prove gaps
 * @param rows the changes behind a position, in order
 * @param complete whether these are all the visible ones
 * @param tables the object id of each watched table, 0 for one that is not there; only at the end of the changelog
 */
public record ChangelogPage(
        UUID incarnation,
        long oldestId,
        long newestId,
        boolean standby,
        List<ChangelogRow> rows,
        boolean complete,
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
