// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.MaintenanceType;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The maintenance events: what cloud providers announced or do to the nodes. Each has an id of the provider's,
 * {@link MaintenanceEvent#eventId()}, of which the store holds one.
 *
 * <p>What is due is decided by the database's clock.
 */
public interface MaintenanceEventStore extends DocumentCollection<MaintenanceEvent> {

    /**
     * Stores an event, or replaces the stored one that has the same {@code eventId}. Where the stored event names its cloud
     * provider, cluster, node or when it was received, it keeps that. One statement; of two callers at once the last wins.
     *
     * @param event the event
     * @return emits the record's id and whether it is new, after the commit; fails with {@link InvalidRequestException} if
     *     the event has no id
     */
    Mono<UpsertResult> upsert(MaintenanceEvent event);

    /**
     * Reads an event by the provider's id.
     *
     * @param eventId the id
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<MaintenanceEvent>> findByEventId(String eventId);

    /**
     * Reads the events for which nodes have to be quarantined now: {@link InternalStatus#DETECTED}, and the maintenance
     * begins within a time from now or should have begun.
     *
     * @param within how long before its beginning to act; 0 or more, at most 10,000 days
     * @return emits the events by their scheduled start, the first first; empty if there is none; fails with
     *     {@link InvalidRequestException} if the time is out of range
     */
    Flux<StoredDocument<MaintenanceEvent>> findToTriggerQuarantine(Duration within);

    /**
     * Reads the events whose nodes can be taken back now: {@link InternalStatus#QUARANTINE_TRIGGERED}, and the maintenance
     * ended at least a time ago.
     *
     * @param after how long after its end to act; 0 or more, at most 10,000 days
     * @return emits the events by their actual end, the first first; empty if there is none; fails with
     *     {@link InvalidRequestException} if the time is out of range
     */
    Flux<StoredDocument<MaintenanceEvent>> findToTriggerHealthy(Duration after);

    /**
     * Records how far the platform has come with an event, and the time as that of the last update.
     *
     * @param eventId the provider's id of the event
     * @param status how far it has come
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateStatus(String eventId, InternalStatus status);

    /**
     * Until when the events of a cloud provider and cluster have been received.
     *
     * @param clusterName the cluster
     * @param csp the cloud provider
     * @return emits the newest {@code eventReceivedTimestamp}, to the microsecond, or nothing if there is none
     */
    Mono<Instant> findLastReceived(String clusterName, Csp csp);

    /**
     * Reads the event of a node and type that was received last, of those in some states.
     *
     * @param nodeName the node
     * @param type the type
     * @param statuses the states; none matches nothing
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<MaintenanceEvent>> findLatestActive(
            String nodeName, MaintenanceType type, Collection<InternalStatus> statuses);

    /**
     * Reads the event of a node, of any type, that was received last, of those that are not over:
     * {@link InternalStatus#DETECTED}, {@link InternalStatus#QUARANTINE_TRIGGERED} and
     * {@link InternalStatus#MAINTENANCE_ONGOING}.
     *
     * @param nodeName the node
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<MaintenanceEvent>> findLatestOngoing(String nodeName);

    /**
     * Reads the events of a cloud provider in some states, the last received first.
     *
     * @param csp the cloud provider
     * @param statuses the states; none matches nothing
     * @return emits the events; empty if there is none
     */
    Flux<StoredDocument<MaintenanceEvent>> findByStatuses(Csp csp, Collection<InternalStatus> statuses);
}
