// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import java.time.Instant;

/** Rows of which only the id matters. */
public final class ChangelogRows {

    private ChangelogRows() {}

    public static ChangelogRow row(long id) {
        return new ChangelogRow(id, id, "health_events", null, Operation.TRUNCATE, Instant.EPOCH, true, null, null);
    }
}
