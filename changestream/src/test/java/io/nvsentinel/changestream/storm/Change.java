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
 * A change as somebody received it.
 *
 * @param id its place in the order
 * @param collection where it happened
 * @param record what changed; null for truncate
 * @param operation what happened
 * @param stamp of the document afterwards, of a deleted one the last; no two writes give the same stamp
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
