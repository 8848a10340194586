// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A received change.
 *
 * @param id its position in the order
 * @param collection its collection
 * @param record the record; null for truncate
 * @param operation the operation
 * @param stamp the stamp of the new document, or the last one of a deleted document; no two writes have the same stamp
 */
record Change(
        long id,
        String collection,
        @Nullable UUID record,
        String operation,
        @Nullable String stamp) {

    static Change health(ChangeEvent<HealthEventDocument> event) {
        HealthEventDocument document = event.after() == null ? event.before() : event.after();
        return of(event, document == null ? null : document.event().nodeName());
    }

    static Change maintenance(ChangeEvent<MaintenanceEvent> event) {
        MaintenanceEvent document = event.after() == null ? event.before() : event.after();
        return of(event, document == null ? null : document.nodeName());
    }

    private static Change of(ChangeEvent<?> event, @Nullable String stamp) {
        return new Change(
                id(event.resumeToken()),
                event.collection(),
                event.recordId(),
                event.operation().name(),
                stamp);
    }

    static long id(ResumeToken token) {
        return Position.parse(token.encode()).id();
    }
}
