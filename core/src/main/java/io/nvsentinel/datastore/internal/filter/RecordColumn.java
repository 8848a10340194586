// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The columns every collection has beside the document. */
enum RecordColumn {
    ID,
    CREATED_AT,
    UPDATED_AT;

    String sqlName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The column's value in a comparable form: the id as text, which orders like the server's uuid; times as Instant. */
    Comparable<?> read(RecordContext context) {
        return switch (this) {
            case ID -> known(context.id()).toString();
            case CREATED_AT -> ServerTimes.cut(known(context.createdAt()));
            case UPDATED_AT -> ServerTimes.cut(known(context.updatedAt()));
        };
    }

    private <T> T known(@Nullable T value) {
        if (value == null) {
            throw new InvalidRequestException("the filter uses " + sqlName()
                    + ", a column of the record that is not available where this filter is evaluated");
        }
        return value;
    }
}
