// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notifies several listeners; an exception of a listener does not affect the stream. */
final class Listeners implements ChangeStreamListener {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.listener");

    private final List<ChangeStreamListener> listeners;

    private Listeners(List<ChangeStreamListener> listeners) {
        this.listeners = listeners;
    }

    /** The first listener is the library's own and does not throw; if it is the only one, it is called directly. */
    static ChangeStreamListener of(ChangeStreamListener first, List<ChangeStreamListener> others) {
        if (others.isEmpty()) {
            return first;
        }
        List<ChangeStreamListener> all = new ArrayList<>(others);
        all.add(0, first);
        return new Listeners(List.copyOf(all));
    }

    private void tell(Consumer<ChangeStreamListener> event) {
        for (ChangeStreamListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException | Error e) {
                LOG.warn(
                        "Change stream listener failed: class={}; the stream is not affected",
                        listener.getClass().getName(),
                        e);
            }
        }
    }

    @Override
    public void onWakeUp(WakeUp cause) {
        tell(listener -> listener.onWakeUp(cause));
    }

    @Override
    public void onPageRead(int rows, long bytes, boolean catchingUp) {
        tell(listener -> listener.onPageRead(rows, bytes, catchingUp));
    }

    @Override
    public void onGapOpened(long position) {
        tell(listener -> listener.onGapOpened(position));
    }

    @Override
    public void onGapHeld(long position, List<String> holders) {
        tell(listener -> listener.onGapHeld(position, holders));
    }

    @Override
    public void onGapClosed(long position, Duration age) {
        tell(listener -> listener.onGapClosed(position, age));
    }

    @Override
    public void onReadFailed(DatastoreException error) {
        tell(listener -> listener.onReadFailed(error));
    }

    @Override
    public void onReadRecovered(long failures) {
        tell(listener -> listener.onReadRecovered(failures));
    }

    @Override
    public void onListening() {
        tell(ChangeStreamListener::onListening);
    }

    @Override
    public void onPollingOnly(Throwable cause) {
        tell(listener -> listener.onPollingOnly(cause));
    }

    @Override
    public void onListeningEnded() {
        tell(ChangeStreamListener::onListeningEnded);
    }

    @Override
    public void onCaptureDisabled(List<String> collections) {
        tell(listener -> listener.onCaptureDisabled(collections));
    }

    @Override
    public void onClientEnded(String clientName) {
        tell(listener -> listener.onClientEnded(clientName));
    }

    @Override
    public void onPartitionTaken(String clientName, int partition) {
        tell(listener -> listener.onPartitionTaken(clientName, partition));
    }

    @Override
    public void onPartitionHandedOver(String clientName, int partition) {
        tell(listener -> listener.onPartitionHandedOver(clientName, partition));
    }

    @Override
    public void onPartitionLost(String clientName, int partition, ClientFencedException error) {
        tell(listener -> listener.onPartitionLost(clientName, partition, error));
    }

    @Override
    public void onTokenStored(String clientName, ResumeToken token) {
        tell(listener -> listener.onTokenStored(clientName, token));
    }

    @Override
    public void onTokenNotStored(String clientName, DatastoreException error) {
        tell(listener -> listener.onTokenNotStored(clientName, error));
    }

    @Override
    public void onFenced(String clientName) {
        tell(listener -> listener.onFenced(clientName));
    }

    @Override
    public void onLag(ClientLag lag) {
        tell(listener -> listener.onLag(lag));
    }

    @Override
    public void onUndecodable(UndecodableChange change) {
        tell(listener -> listener.onUndecodable(change));
    }

    @Override
    public void onHandlerFailed(String clientName, ChangeEvent<?> change, int attempt, Throwable error) {
        tell(listener -> listener.onHandlerFailed(clientName, change, attempt, error));
    }

    @Override
    public void onDeadLetter(String clientName, ChangeEvent<?> change, int attempts, Throwable error) {
        tell(listener -> listener.onDeadLetter(clientName, change, attempts, error));
    }
}
