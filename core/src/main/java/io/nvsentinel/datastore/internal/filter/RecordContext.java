// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a table knows of a record beside its document. Null means unknown: a filter on it is refused, not answered.
 *
 * @param id the record's id
 * @param createdAt when the record was created
 * @param updatedAt when the record was last changed
 */
public record RecordContext(
        @Nullable UUID id,
        @Nullable Instant createdAt,
        @Nullable Instant updatedAt) {

    /** Nothing but the document is known. */
    public static final RecordContext NONE = new RecordContext(null, null, null);
}
