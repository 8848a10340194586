// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/** Writes health events as NVSentinel's services do, and notes each change in the ledger. */
final class Writer {

    private static final int BATCH = 100;

    private final HealthEventStore store;
    private final Ledger ledger;
    private final Map<UUID, HealthEventDocument> current = new HashMap<>();

    Writer(HealthEventStore store, Ledger ledger) {
        this.store = store;
        this.ledger = ledger;
    }

    UUID insert(HealthEventDocument document) {
        UUID id = Wait.result("storing a health event", store.insert(document));
        wrote(id, Operation.INSERT, document);
        return id;
    }

    /** Inserts many, a batch in each transaction. */
    void insertAll(List<HealthEventDocument> documents) {
        for (int from = 0; from < documents.size(); from += BATCH) {
            List<HealthEventDocument> batch = documents.subList(from, Math.min(from + BATCH, documents.size()));
            List<UUID> ids = Wait.result("storing health events", store.insertMany(batch));
            for (int i = 0; i < batch.size(); i++) {
                wrote(ids.get(i), Operation.INSERT, batch.get(i));
            }
        }
    }

    void quarantine(UUID id) {
        Status status = Status.QUARANTINED;
        update(id, store.updateNodeQuarantineStatus(id, status), builder -> builder.nodeQuarantined(status));
    }

    void evict(UUID id, Status status, String message) {
        OperationStatus eviction = new OperationStatus(status, message);
        update(id, store.updatePodEvictionStatus(id, eviction), builder -> builder.userPodsEvictionStatus(eviction));
    }

    void remediate(UUID id) {
        update(id, store.updateRemediationStatus(id, true), builder -> builder.faultRemediated(true));
    }

    private void update(UUID id, Mono<Void> update, UnaryOperator<HealthEventStatus.Builder> expected) {
        HealthEventDocument before = current.get(id);
        if (before == null) {
            throw new IllegalArgumentException("bug: record " + id + " was not written here");
        }
        Wait.until("updating a health event", update);
        HealthEventStatus status = expected.apply(before.status().toBuilder()).build();
        wrote(id, Operation.UPDATE, before.withStatus(status));
    }

    private void wrote(UUID id, Operation operation, HealthEventDocument document) {
        current.put(id, document);
        ledger.wrote(Change.of(id, operation, document));
    }
}
