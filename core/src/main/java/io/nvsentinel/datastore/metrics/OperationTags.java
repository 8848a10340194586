// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.Tags;
import io.nvsentinel.datastore.DatastoreListener.Operation;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tags of an operation. The number of values is small, regardless of the number of clients and errors. */
final class OperationTags {

    /** From here on an action names a client, not a table. */
    private static final String QUOTED = " \"";

    private static final Map<Class<? extends Throwable>, String> OUTCOMES = Map.of(
            ConflictException.class, "conflict",
            InvalidDocumentException.class, "invalid",
            InvalidRequestException.class, "invalid",
            ConfigurationException.class, "misconfigured",
            NotFoundException.class, "not_found",
            OutcomeUnknownException.class, "outcome_unknown",
            UnavailableException.class, "unavailable");

    private OperationTags() {}

    static Tags of(Operation operation) {
        return Tags.of(
                "kind",
                operation.kind().name().toLowerCase(Locale.ROOT),
                "operation",
                withoutNames(operation.action()),
                "outcome",
                outcome(operation));
    }

    private static String withoutNames(String action) {
        int name = action.indexOf(QUOTED);
        return name < 0 ? action : action.substring(0, name);
    }

    private static String outcome(Operation operation) {
        return switch (operation.outcome()) {
            case OK -> "ok";
            case CANCELLED -> "cancelled";
            case FAILED -> failure(operation.error());
        };
    }

    private static String failure(@Nullable Throwable error) {
        return error == null ? "failed" : OUTCOMES.getOrDefault(error.getClass(), "failed");
    }
}
