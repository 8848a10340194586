// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.model.MaintenanceEvent;

/** The stores and collections, on the pool or in one transaction. */
final class DefaultSession implements DatastoreSession {

    private final Session session;
    private final DefaultHealthEventStore healthEvents;
    private final DefaultCollection<MaintenanceEvent> maintenanceEvents;

    DefaultSession(Session session, JsonCodec json) {
        this.session = session;
        this.healthEvents = new DefaultHealthEventStore(session, json);
        this.maintenanceEvents = new DefaultCollection<>(
                session, "maintenance_events", MaintenanceEvent.codec(json), FieldMap.MAINTENANCE_EVENTS);
    }

    @Override
    public HealthEventStore healthEvents() {
        return healthEvents;
    }

    @Override
    public DocumentCollection<MaintenanceEvent> maintenanceEvents() {
        return maintenanceEvents;
    }

    @Override
    public <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec) {
        return new DefaultCollection<>(session, Identifier.requireCollection(name), codec, FieldMap.GENERIC);
    }
}
