// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change as the resource shows it.
 *
 * @param operation what was done
 * @param id the record
 * @param node the event's node, or null if the change has no document
 * @param changedAt when
 */
public record Change(
        String operation, @Nullable UUID id, @Nullable String node, Instant changedAt) {

    static Change of(ChangeEvent<HealthEventDocument> change) {
        HealthEventDocument document = change.after();
        return new Change(
                change.operation().name(),
                change.recordId(),
                document == null ? null : document.event().nodeName(),
                change.changedAt());
    }
}
