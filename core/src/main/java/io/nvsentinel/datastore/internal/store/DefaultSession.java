// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.table.Identifier;

/** The stores and collections, on the pool or in one transaction. */
final class DefaultSession implements DatastoreSession {

    private final Session session;
    private final JsonCodec json;
    private final DefaultHealthEventStore healthEvents;
    private final DefaultMaintenanceEventStore maintenanceEvents;

    DefaultSession(Session session, JsonCodec json) {
        this.session = session;
        this.json = json;
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

    @Override
    public <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec) {
        FieldMap fields = FieldMap.of(Identifier.requireCollection(name));
        return new DefaultCollection<>(session, name, fields, codec, json);
    }
}
