// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import java.time.Instant;
import java.util.UUID;

/** Rows of which only the id matters. */
public final class ChangelogRows {

    private static final UUID INCARNATION = UUID.fromString("0b8a2d8c-7c55-4e5d-9a5e-3c1f7a6b9d10");

    private ChangelogRows() {}

    public static ChangelogRow row(long id) {
        return new ChangelogRow(id, id, "health_events", null, Operation.TRUNCATE, Instant.EPOCH, true, 0, null, null);
    }

    /** The position of that row. */
    public static HistoryPoint point(long id) {
        return HistoryPoint.of(INCARNATION, row(id).check());
    }

    /** The position of another change under the same id, of a history that was lost. */
    public static HistoryPoint otherPoint(long id) {
        return HistoryPoint.of(INCARNATION, new RowCheck(id, id + 1, Instant.EPOCH));
    }
}
