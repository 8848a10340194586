// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.internal.connection.Session;

/** The stores and collections, on the pool or in one transaction. */
final class DefaultSession implements DatastoreSession {

    private final DefaultHealthEventStore healthEvents;
    private final DefaultMaintenanceEventStore maintenanceEvents;

    DefaultSession(Session session, JsonCodec json) {
        this.healthEvents = new DefaultHealthEventStore(session, json);
        this.maintenanceEvents = new DefaultMaintenanceEventStore(session, json);
    }

    @Override
    public HealthEventStore healthEvents() {
        return healthEvents;
    }

    @Override
    public MaintenanceEventStore maintenanceEvents() {
        return maintenanceEvents;
    }
}
