// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.examples.cli.importing.json.RejectedDocumentException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where documents go.
 *
 * @param table the collection's name
 */
record Target(String table) {

    private static final String HEALTH_EVENTS = "health_events";
    private static final String MAINTENANCE_EVENTS = "maintenance_events";

    /** Reads a name as people give it: MongoDB's {@code HealthEvents} and {@code health-events} are the same. */
    static Target named(String name) {
        String plain = name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
        return switch (plain) {
            case "healthevents" -> new Target(HEALTH_EVENTS);
            case "maintenanceevents" -> new Target(MAINTENANCE_EVENTS);
            default -> new Target(name);
        };
    }

    /** Whether the schema brings the collection along. */
    boolean isEvents() {
        return table.equals(HEALTH_EVENTS) || table.equals(MAINTENANCE_EVENTS);
    }

    /**
     * Refuses a document that readers of the collection could not read.
     *
     * @param document the document as it would be stored
     * @throws RejectedDocumentException saying what the library has against it
     */
    void check(Map<String, @Nullable Object> document) throws RejectedDocumentException {
        try {
            if (table.equals(HEALTH_EVENTS)) {
                if (!document.containsKey("healthevent")) {
                    throw new RejectedDocumentException("not a health event: it has no healthevent");
                }
                HealthEventDocument.fromTree(document);
            } else if (table.equals(MAINTENANCE_EVENTS)) {
                if (!(document.get("eventId") instanceof String)) {
                    throw new RejectedDocumentException("not a maintenance event: it has no eventId that is a string");
                }
                MaintenanceEvent.fromTree(document);
            }
        } catch (InvalidDocumentException e) {
            throw new RejectedDocumentException(String.valueOf(e.getMessage()));
        }
    }
}
