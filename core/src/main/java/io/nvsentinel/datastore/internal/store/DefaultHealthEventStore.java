// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.Filter;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.Update;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Health events: the collection, and the updates that the services make. */
final class DefaultHealthEventStore extends DefaultCollection<HealthEventDocument> implements HealthEventStore {

    private static final String STATUS = "healtheventstatus.";

    DefaultHealthEventStore(Session session, JsonCodec json) {
        super(session, "health_events", HealthEventDocument.codec(json), FieldMap.HEALTH_EVENTS);
    }

    @Override
    public Flux<StoredDocument<HealthEventDocument>> findByNode(String nodeName) {
        return find(Filter.eq("healthevent.nodeName", nodeName));
    }

    @Override
    public Mono<Void> updateNodeQuarantineStatus(UUID id, Status status) {
        return updateById(id, Update.set(STATUS + "nodequarantined", status.value()));
    }

    @Override
    public Mono<Void> updatePodEvictionStatus(UUID id, OperationStatus status) {
        return updateById(id, Update.set(STATUS + "userpodsevictionstatus", status.toTree()));
    }

    @Override
    public Mono<Void> updateRemediationStatus(UUID id, boolean remediated) {
        Instant now = Clock.systemUTC().instant();
        return updateById(
                id,
                Update.of(
                        Update.set(STATUS + "faultremediated", Map.of("value", remediated)),
                        Update.set(
                                STATUS + "lastremediationtimestamp",
                                Map.of("seconds", now.getEpochSecond(), "nanos", now.getNano()))));
    }
}
