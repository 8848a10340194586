// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The health events: what monitors saw on the nodes, and how far their treatment has come. */
public interface HealthEventStore extends DocumentCollection<HealthEventDocument> {

    /**
     * Reads the events of a node, oldest first.
     *
     * @param nodeName the node
     * @return emits the events; empty if there is none; as {@link #find}
     */
    Flux<StoredDocument<HealthEventDocument>> findByNode(String nodeName);

    /**
     * Records how far the quarantine of the event's node has come.
     *
     * @param id the event's record id
     * @param status for example {@link Status#QUARANTINED}
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateNodeQuarantineStatus(UUID id, Status status);

    /**
     * Records how far the eviction of user pods from the event's node has come.
     *
     * @param id the event's record id
     * @param status status and message, for example with {@link Status#SUCCEEDED}
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updatePodEvictionStatus(UUID id, OperationStatus status);

    /**
     * Records whether the fault was remediated, and when.
     *
     * @param id the event's record id
     * @param remediated whether the remediation succeeded
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateRemediationStatus(UUID id, boolean remediated);
}
