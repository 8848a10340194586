// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;

/** Keeps sampling while the application runs. */
final class DatastoreSampling implements SmartLifecycle {

    private final DatastoreMetrics metrics;
    private volatile Disposable running = Disposables.disposed();

    DatastoreSampling(DatastoreMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public void start() {
        running = metrics.keepSampling().subscribe();
    }

    @Override
    public void stop() {
        running.dispose();
    }

    @Override
    public boolean isRunning() {
        return !running.isDisposed();
    }
}
