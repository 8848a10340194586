// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All listeners of an application as one. */
final class DatastoreListeners implements DatastoreListener {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.springboot");

    private final List<DatastoreListener> listeners;

    DatastoreListeners(List<DatastoreListener> listeners) {
        this.listeners = listeners;
    }

    @Override
    public void onOperation(Operation operation) {
        for (DatastoreListener listener : listeners) {
            try {
                listener.onOperation(operation);
            } catch (RuntimeException e) {
                // As without the other listeners: it affects neither the operation nor them.
                LOG.warn("Listener failed: listener={} action={}", listener.getClass(), operation.action(), e);
            }
        }
    }

    @Override
    public void onConnected(Datastore datastore) {
        listeners.forEach(listener -> listener.onConnected(datastore));
    }

    @Override
    public ConnectionFactory decorate(ConnectionFactory connections) {
        ConnectionFactory decorated = connections;
        for (DatastoreListener listener : listeners) {
            decorated = listener.decorate(decorated);
        }
        return decorated;
    }
}
