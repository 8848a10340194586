// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import org.jspecify.annotations.Nullable;

/**
 * The connection was lost after the statement had been sent: it may or may not have taken effect. Repeat only what is
 * idempotent, or look first.
 *
 * <p>Idempotent are {@link HealthEventStore#insertManyIdempotent} for events with a key,
 * {@link MaintenanceEventStore#upsert} for maintenance events, which have a key of the provider's, and updates that set
 * values. In a collection of the application's own, a unique index that its owner creates over a field of the document makes
 * a repeated insert fail with a {@link ConflictException} that names the index: it had been stored.
 */
public class OutcomeUnknownException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public OutcomeUnknownException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    public OutcomeUnknownException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    @Override
    public boolean isOutcomeUnknown() {
        return true;
    }
}
