// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.IdempotentResult;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.UpdateResult;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Health events: the collection, and the queries and updates that the services make. */
final class DefaultHealthEventStore extends DefaultCollection<HealthEventDocument> implements HealthEventStore {

    private static final String NODE = "healthevent.nodeName";
    private static final int MAX_BATCH_KEY = 1900;
    private static final String CREATED = "created_at";
    private static final String EVICTION = "healtheventstatus.userpodsevictionstatus.status";

    /** As a literal, so that every plan can use the partial index. */
    private static final Condition DRAINED = binder -> "user_pods_eviction_status = 'Succeeded'";

    DefaultHealthEventStore(Session session, JsonCodec json) {
        super(
                session,
                "health_events",
                FieldMap.HEALTH_EVENTS,
                HealthEventDocument.codec(json),
                json,
                document -> document.event().nodeName());
    }

    @Override
    public Mono<IdempotentResult> insertManyIdempotent(List<HealthEventDocument> events) {
        return insertNew(events);
    }

    @Override
    public Mono<IdempotentResult> insertManyIdempotent(String batchKey, List<HealthEventDocument> events) {
        return Mono.defer(() -> {
            if (batchKey.isEmpty() || batchKey.length() > MAX_BATCH_KEY) {
                throw new InvalidRequestException(
                        "the key of a batch must have 1 to " + MAX_BATCH_KEY + " characters, not " + batchKey.length());
            }
            List<HealthEventDocument> keyed = new ArrayList<>();
            events.forEach(event -> keyed.add(keyed(event, batchKey + "/" + keyed.size())));
            return insertNew(keyed);
        });
    }

    private static HealthEventDocument keyed(HealthEventDocument document, String key) {
        Map<String, String> metadata = new LinkedHashMap<>(document.event().metadata());
        metadata.put("idempotencyKey", key);
        return new HealthEventDocument(
                document.createdAt(),
                document.event().toBuilder().metadata(metadata).build(),
                document.status(),
                document.extra());
    }

    @Override
    public Flux<StoredDocument<HealthEventDocument>> findByNode(String nodeName) {
        return find(newest(Filter.eq(NODE, nodeName)));
    }

    @Override
    public Mono<StoredDocument<HealthEventDocument>> findLatestByNode(String nodeName) {
        return findLatest(Filter.eq(NODE, nodeName));
    }

    @Override
    public Mono<StoredDocument<HealthEventDocument>> findLatest(Filter filter) {
        return findOne(newest(filter));
    }

    @Override
    public Flux<StoredDocument<HealthEventDocument>> findByFilter(@Nullable Map<String, ?> filter) {
        return Flux.defer(() -> find(newest(Filter.parse(filter))));
    }

    @Override
    public Flux<StoredDocument<HealthEventDocument>> findByPodEvictionStatus(Status status) {
        return find(newest(Filter.eq(EVICTION, status.value())));
    }

    private static Query newest(Filter filter) {
        return Query.where(filter).sort(Sort.descending(CREATED));
    }

    @Override
    public Mono<Boolean> isNodeDrained(String nodeName) {
        return exists(Filter.eq(NODE, nodeName), DRAINED);
    }

    @Override
    public Mono<Boolean> isNodeDrained(String nodeName, Instant since) {
        return exists(Filter.and(Filter.eq(NODE, nodeName), Filter.gte(CREATED, since)), DRAINED);
    }

    @Override
    public Mono<Void> updateStatus(UUID id, HealthEventStatus status) {
        return update(id, () -> StatusUpdates.all(status));
    }

    @Override
    public Mono<UpdateResult> updateStatusByNode(String nodeName, HealthEventStatus status) {
        return Mono.defer(() -> updateMany(Filter.eq(NODE, nodeName), StatusUpdates.all(status)));
    }

    @Override
    public Mono<Void> updateNodeQuarantineStatus(UUID id, Status status) {
        return update(id, () -> StatusUpdates.quarantine(status, null));
    }

    @Override
    public Mono<Void> updateNodeQuarantineStatus(UUID id, Status status, String spanId) {
        return update(id, () -> StatusUpdates.quarantine(status, spanId));
    }

    @Override
    public Mono<Void> updatePodEvictionStatus(UUID id, OperationStatus status) {
        return update(id, () -> StatusUpdates.podEviction(status));
    }

    @Override
    public Mono<Void> updateRemediationStatus(UUID id, boolean remediated) {
        return update(id, () -> StatusUpdates.remediation(remediated));
    }

    @Override
    public Mono<Void> updateSpanId(UUID id, String service, String spanId) {
        return update(id, () -> StatusUpdates.spanId(service, spanId));
    }

    private Mono<Void> update(UUID id, Supplier<Update> update) {
        return Mono.defer(() -> updateById(id, update.get()));
    }
}
