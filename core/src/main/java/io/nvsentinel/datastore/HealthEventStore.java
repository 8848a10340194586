// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The health events: what monitors saw on the nodes, and the state of their remediation.
 *
 * <p>A change of status writes the document; the mirrored columns are derived from it. Other fields are not changed.
 * Times that an operation records itself are the database's.
 */
public interface HealthEventStore extends DocumentCollection<HealthEventDocument> {

    /**
     * Stores events that may have been stored before, in one statement: all that are new or none. An event that carries
     * an idempotency key, in its metadata under {@code idempotencyKey}, is stored once; the caller creates the key, and
     * must not take it from the sender of the event. An event without a key is always stored.
     *
     * @param events the events; an empty list is allowed and sends no statement
     * @return emits, after the commit, for each event the record that contains it and whether it existed already; fails
     *     with {@link ConflictException} naming the index if another unique index rejects an event, and then nothing is
     *     stored; after any error that is retryable or has an unknown outcome, the same call can be repeated
     */
    Mono<IdempotentResult> insertManyIdempotent(List<HealthEventDocument> events);

    /**
     * Stores a batch of events that may have been stored before, as {@link #insertManyIdempotent(List)}, with one key for
     * the batch: each event gets the key {@code batchKey/position}, its position in the batch from 0, instead of a key
     * that it carries. If the batch is repeated with the same key, the events that are stored already are not stored
     * again, even if they differ; events beyond its former end are new.
     *
     * @param batchKey the key, 1 to 1,900 characters; create it where the batch is made, and do not take it from the
     *     sender of the events
     * @param events the events; an empty list is allowed and sends no statement
     * @return as {@link #insertManyIdempotent(List)}; also fails with {@link InvalidRequestException} if the key is empty
     *     or too long
     */
    Mono<IdempotentResult> insertManyIdempotent(String batchKey, List<HealthEventDocument> events);

    /**
     * Reads the events of a node, newest first.
     *
     * @param nodeName the node
     * @return emits the events; empty if there is none; as {@link #find(Query)}
     */
    Flux<StoredDocument<HealthEventDocument>> findByNode(String nodeName);

    /**
     * Reads the newest event of a node.
     *
     * @param nodeName the node
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<HealthEventDocument>> findLatestByNode(String nodeName);

    /**
     * Reads the newest event that matches; of several created at the same time, the one with the greatest id.
     *
     * @param filter the condition on the event
     * @return emits the event, or nothing if there is none
     */
    Mono<StoredDocument<HealthEventDocument>> findLatest(Filter filter);

    /**
     * Reads the events that match a filter in the form of {@link Filter#parse(Map)}, newest first.
     *
     * @param filter the filter; null or empty for every event
     * @return emits the events; empty if there is none; fails with {@link InvalidRequestException} if it is not such a
     *     filter
     */
    Flux<StoredDocument<HealthEventDocument>> findByFilter(@Nullable Map<String, ?> filter);

    /**
     * Reads the events by the state of the eviction of user pods, newest first.
     *
     * @param status for example {@link Status#IN_PROGRESS}
     * @return emits the events; empty if there is none; as {@link #find(Query)}
     */
    Flux<StoredDocument<HealthEventDocument>> findByPodEvictionStatus(Status status);

    /**
     * Whether the eviction of user pods has ever succeeded for an event of the node.
     *
     * @param nodeName the node
     * @return emits true or false
     */
    Mono<Boolean> isNodeDrained(String nodeName);

    /**
     * Whether the eviction of user pods has succeeded for an event of the node that was created at a time or later, for
     * instance since the node was last put into quarantine.
     *
     * @param nodeName the node
     * @param since the time
     * @return emits true or false
     */
    Mono<Boolean> isNodeDrained(String nodeName, Instant since);

    /**
     * Records several parts of an event's status at once: the fields that are set. The status, message and metadata of
     * the eviction replace the stored ones together, including empty ones; spans are added to the existing ones.
     *
     * @param id the event's record id
     * @param status what to record; unset parts are not changed
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event, with
     *     {@link InvalidRequestException} if nothing is set
     */
    Mono<Void> updateStatus(UUID id, HealthEventStatus status);

    /**
     * Records the same for all events of a node, in one statement.
     *
     * @param nodeName the node
     * @param status what to record; unset parts are not changed
     * @return emits how many events were matched and modified, after the commit; fails as {@link #updateStatus}, but not if there is
     *     no event
     */
    Mono<UpdateResult> updateStatusByNode(String nodeName, HealthEventStatus status);

    /**
     * Records the quarantine status of the event's node. For {@link Status#QUARANTINED} and
     * {@link Status#ALREADY_QUARANTINED} also records the time as the end of the quarantine step.
     *
     * @param id the event's record id
     * @param status for example {@link Status#QUARANTINED}
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateNodeQuarantineStatus(UUID id, Status status);

    /**
     * Records the same, and its tracing span as the span of {@code fault-quarantine}.
     *
     * @param id the event's record id
     * @param status for example {@link Status#QUARANTINED}
     * @param spanId the span
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateNodeQuarantineStatus(UUID id, Status status, String spanId);

    /**
     * Records the status of the eviction of user pods from the event's node: status and message, and metadata if it is
     * not empty.
     *
     * @param id the event's record id
     * @param status status and message, for example with {@link Status#SUCCEEDED}
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updatePodEvictionStatus(UUID id, OperationStatus status);

    /**
     * Records whether the fault was remediated, and the time as that of the last remediation.
     *
     * @param id the event's record id
     * @param remediated whether the remediation succeeded
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateRemediationStatus(UUID id, boolean remediated);

    /**
     * Records the tracing span in which a service handled the event. Spans of other services are kept.
     *
     * @param id the event's record id
     * @param service the service
     * @param spanId the span
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such event
     */
    Mono<Void> updateSpanId(UUID id, String service, String spanId);
}
