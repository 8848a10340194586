// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import java.util.UUID;

/**
 * A change as the writer and the subscriber see it: the writer knows the resulting state, the subscriber reads it from
 * the document.
 *
 * @param recordId the record
 * @param operation the operation
 * @param state the status of the health event after the change
 */
record Change(UUID recordId, Operation operation, String state) {

    static Change of(UUID recordId, Operation operation, HealthEventDocument document) {
        HealthEventStatus status = document.status();
        String state = status.nodeQuarantined().value() + "|"
                + status.userPodsEvictionStatus().status().value() + "|" + status.faultRemediated();
        return new Change(recordId, operation, state);
    }
}
