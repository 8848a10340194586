// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.MaintenanceType;
import io.nvsentinel.datastore.model.ProviderStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The maintenance events: what cloud providers announced or do to the nodes. Each has an id of the provider,
 * {@link MaintenanceEvent#eventId()}, which is unique in the store.
 *
 * <p>The database's clock determines which events are due.
 */
public interface MaintenanceEventStore extends DocumentCollection<MaintenanceEvent> {

    /**
     * Stores an event, or replaces the stored one that has the same {@code eventId}, in every field. If the stored one
     * is equal, nothing is written: no version, no change. One statement; of two concurrent callers, the last one wins.
     *
     * @param event the event
     * @return emits the record's id, whether it is new and whether it was changed, after the commit; fails with
     *     {@link InvalidRequestException} if the event has no id
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
     * begins after now and within a time from now.
     *
     * @param within how long before its beginning to act; 0 or more, at most 10,000 days
     * @return emits the events by their scheduled start, the earliest first; empty if there is none; fails with
     *     {@link InvalidRequestException} if the time is out of range
     */
    Flux<StoredDocument<MaintenanceEvent>> findToTriggerQuarantine(Duration within);

    /**
     * Reads the events whose nodes can be returned to service: the status is
     * {@link InternalStatus#MAINTENANCE_COMPLETE}, and the maintenance ended at least the given time ago.
     *
     * @param after the minimum time since its end; 0 or more, at most 10,000 days
     * @return emits the events by their actual end, the earliest first; empty if there is none; fails with
     *     {@link InvalidRequestException} if the time is out of range
     */
    Flux<StoredDocument<MaintenanceEvent>> findToTriggerHealthy(Duration after);

    /**
     * Records the platform's status of an event, and the current time as its last update.
     *
     * @param eventId the provider's id of the event
     * @param status the new status
     * @return emits how many events were matched and modified, after the commit: 1, or 0 if there is no such event
     */
    Mono<UpdateResult> updateStatus(String eventId, InternalStatus status);

    /**
     * The latest receive time of the events of a cloud provider and cluster.
     *
     * @param clusterName the cluster
     * @param csp the cloud provider
     * @return emits the newest {@code eventReceivedTimestamp}, to the microsecond, or nothing if there is none
     */
    Mono<Instant> findLastReceived(String clusterName, Csp csp);

    /**
     * The latest receive time of the events of a cloud provider, across all clusters.
     *
     * @param csp the cloud provider
     * @return emits the newest {@code eventReceivedTimestamp}, to the microsecond, or nothing if there is none
     */
    Mono<Instant> findLastReceived(Csp csp);

    /**
     * Reads the events for which nodes must be quarantined immediately: {@link InternalStatus#DETECTED}, and
     * {@code metadata.urgency} is {@code EMERGENCY}, regardless of the start of the maintenance.
     *
     * @return emits the events by their scheduled start, the earliest first, events without a start before all others;
     *     empty if there is none
     */
    Flux<StoredDocument<MaintenanceEvent>> findEmergencies();

    /**
     * Reads the cancelled events, whose nodes can be returned to service: {@link InternalStatus#CANCELLED}. Record
     * another status when that is done.
     *
     * @return emits the events by their last update, the earliest first; empty if there is none
     */
    Flux<StoredDocument<MaintenanceEvent>> findCancelled();

    /**
     * Reads the most recently updated event of a node and type, by {@code lastUpdatedTimestamp}, among the events in
     * some states.
     *
     * @param nodeName the node
     * @param type the type
     * @param statuses the states; none matches nothing
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<MaintenanceEvent>> findLatestActive(
            String nodeName, MaintenanceType type, Collection<InternalStatus> statuses);

    /**
     * Reads the most recently updated event of a node, of any type, by {@code lastUpdatedTimestamp}, among the events
     * that are {@link InternalStatus#MAINTENANCE_ONGOING}.
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

    /**
     * Reads the events of a cloud provider by the provider's status, the most recently received first.
     *
     * @param csp the cloud provider
     * @param statuses the provider's states; an empty list matches no events
     * @return emits the events; empty if there is none
     */
    Flux<StoredDocument<MaintenanceEvent>> findByProviderStatuses(Csp csp, Collection<ProviderStatus> statuses);
}
