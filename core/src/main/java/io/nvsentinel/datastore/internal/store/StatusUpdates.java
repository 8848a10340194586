// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Update;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The updates that record the status of a health event. Each writes only the given fields. */
final class StatusUpdates {

    private static final String STATUS = "healtheventstatus";
    private static final String FAULT_QUARANTINE = "fault-quarantine";
    private static final Set<Status> IN_QUARANTINE = Set.of(Status.QUARANTINED, Status.ALREADY_QUARANTINED);

    private final List<Update.Operation> operations = new ArrayList<>();

    private StatusUpdates() {}

    static Update all(HealthEventStatus status) {
        StatusUpdates updates = new StatusUpdates();
        if (!status.nodeQuarantined().equals(Status.UNSET)) {
            updates.set(status.nodeQuarantined().value(), "nodequarantined");
        }
        updates.time(status.quarantineFinishTimestamp(), "quarantinefinishtimestamp");
        if (!status.userPodsEvictionStatus().equals(OperationStatus.UNSET)) {
            updates.operations.add(new Update.Unset(FieldPath.of(STATUS, "userpodsevictionstatus", "metadata")));
            updates.eviction(status.userPodsEvictionStatus());
        }
        updates.time(status.drainFinishTimestamp(), "drainfinishtimestamp");
        if (status.faultRemediated() != null) {
            updates.remediated(status.faultRemediated());
        }
        updates.time(status.lastRemediationTimestamp(), "lastremediationtimestamp");
        status.spanIds().forEach(updates::span);
        if (!status.faultQuarantineRecovery().isEmpty()) {
            updates.set(status.faultQuarantineRecovery(), "faultquarantinerecovery");
        }
        status.extra().forEach((name, value) -> updates.set(value, name));
        return updates.finish();
    }

    static Update quarantine(Status status, @Nullable String spanId) {
        StatusUpdates updates = new StatusUpdates();
        updates.set(status.equals(Status.UNSET) ? null : status.value(), "nodequarantined");
        if (IN_QUARANTINE.contains(status)) {
            updates.now("quarantinefinishtimestamp");
        }
        if (spanId != null) {
            updates.span(FAULT_QUARANTINE, spanId);
        }
        return updates.finish();
    }

    static Update podEviction(OperationStatus status) {
        StatusUpdates updates = new StatusUpdates();
        updates.eviction(status);
        return updates.finish();
    }

    static Update remediation(boolean remediated) {
        StatusUpdates updates = new StatusUpdates();
        updates.remediated(remediated);
        updates.now("lastremediationtimestamp");
        return updates.finish();
    }

    static Update spanId(String service, String spanId) {
        StatusUpdates updates = new StatusUpdates();
        updates.span(service, spanId);
        return updates.finish();
    }

    private void eviction(OperationStatus status) {
        set(status.status().value(), "userpodsevictionstatus", "status");
        set(status.message(), "userpodsevictionstatus", "message");
        if (!status.metadata().isEmpty()) {
            set(status.metadata(), "userpodsevictionstatus", "metadata");
        }
        status.extra().forEach((name, value) -> set(value, "userpodsevictionstatus", name));
    }

    private void remediated(boolean remediated) {
        set(Map.of("value", remediated), "faultremediated");
    }

    private void span(String service, String spanId) {
        set(spanId, "spanids", service);
    }

    private void time(@Nullable Instant time, String name) {
        if (time != null) {
            set(time, name);
        }
    }

    private void now(String name) {
        operations.add(new Update.CurrentDate(FieldPath.of(STATUS, name)));
    }

    private void set(@Nullable Object value, String... names) {
        operations.add(new Update.Set(FieldPath.of(STATUS).then(List.of(names)), value));
    }

    private Update finish() {
        if (operations.isEmpty()) {
            throw new InvalidRequestException("the status is empty: no field is set");
        }
        return new Update(operations);
    }
}
