// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.ChangeStreamStatus.Gap;
import io.nvsentinel.datastore.error.DatastoreException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the part of {@link ChangeStreamStatus} that describes this process. */
final class LiveStatus implements ChangeStreamListener {

    private volatile boolean listening;
    private volatile @Nullable Gap gap;
    private volatile @Nullable DatastoreException lastError;

    boolean listening() {
        return listening;
    }

    @Nullable
    Gap gap() {
        return gap;
    }

    @Nullable
    DatastoreException lastError() {
        return lastError;
    }

    @Override
    public void onListening() {
        listening = true;
    }

    @Override
    public void onPollingOnly(Throwable cause) {
        listening = false;
    }

    @Override
    public void onListeningEnded() {
        listening = false;
    }

    @Override
    public void onGapOpened(long position) {
        gap = new Gap(position, List.of());
    }

    @Override
    public void onGapHeld(long position, List<String> holders) {
        gap = new Gap(position, holders);
    }

    @Override
    public void onGapClosed(long position, Duration age) {
        gap = null;
    }

    @Override
    public void onReadFailed(DatastoreException error) {
        lastError = error;
    }

    @Override
    public void onTokenNotStored(String clientName, DatastoreException error) {
        lastError = error;
    }
}
