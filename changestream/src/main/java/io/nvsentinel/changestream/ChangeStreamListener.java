// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;
import java.time.Duration;
import java.util.List;

/**
 * Receives events of change streams, for metrics and tests; override the methods of interest. Set with
 * {@link ChangeStreamOptions.Builder#listener}.
 *
 * <p>Called on the threads that read, from several at a time, so it must be thread-safe and must not block. Exceptions
 * that it throws are logged and do not affect the stream. It receives no documents.
 */
public interface ChangeStreamListener {

    /** Why the end of the changelog is read. */
    enum WakeUp {
        /** The last read brought changes, or a gap is open: the reader is awake and polls. */
        AWAKE,
        /** A writer notified, or the LISTEN connection came or went. */
        NOTIFICATION,
        /** No notification arrived for a whole poll interval. */
        POLL_INTERVAL,
        /** The reader has requested notifications, and reads once more before it becomes idle. */
        ARMED,
        /** Transactions that will not notify are committing, so the reader does not become idle. */
        WRITERS_COMMITTING
    }

    /**
     * The end of the changelog is about to be read, for all watches together.
     *
     * @param cause why
     */
    default void onWakeUp(WakeUp cause) {}

    /**
     * A page was read.
     *
     * @param rows how many changes it has
     * @param bytes the size of its documents in memory, in bytes
     * @param catchingUp false for a page of the shared tail; true for a page that a lagging watch read separately
     */
    default void onPageRead(int rows, long bytes, boolean catchingUp) {}

    /**
     * A missing change blocks the later ones: it is being committed, or was rolled back.
     *
     * @param position the last change before the gap
     */
    default void onGapOpened(long position) {}

    /**
     * A gap is older than a second. Called once for each gap, and not if its blocking transactions have just ended.
     *
     * @param position the last change before the gap
     * @param holders descriptions of the blocking transactions, for operators
     */
    default void onGapHeld(long position, List<String> holders) {}

    /**
     * The gap is closed: its changes have arrived, or were rolled back.
     *
     * @param position the last change before the gap
     * @param age how long it was open
     */
    default void onGapClosed(long position, Duration age) {}

    /**
     * The changelog could not be read. Unless this ends the stream it will be tried again.
     *
     * @param error the error
     */
    default void onReadFailed(DatastoreException error) {}

    /**
     * The changelog could be read again.
     *
     * @param failures how many attempts had failed
     */
    default void onReadRecovered(long failures) {}

    /** LISTEN works, for the first time or again: writers wake the reader. */
    default void onListening() {}

    /**
     * LISTEN does not work, so changes are found by polling until it does.
     *
     * @param cause why
     */
    default void onPollingOnly(Throwable cause) {}

    /** Nothing is watched any more, so the LISTEN connection is closed. */
    default void onListeningEnded() {}

    /**
     * The collections whose changes are not captured, because their triggers are disabled or not enabled
     * {@code ALWAYS}, have changed. Checked every ten seconds while something is watched.
     *
     * @param collections their names; empty when all are captured again
     */
    default void onCaptureDisabled(List<String> collections) {}

    /**
     * A client's position was stored.
     *
     * @param clientName the client
     * @param token the position
     */
    default void onTokenStored(String clientName, ResumeToken token) {}

    /**
     * A client's position could not be stored this time; it will be tried again unless the watch has ended.
     *
     * @param clientName the client
     * @param error why
     */
    default void onTokenNotStored(String clientName, DatastoreException error) {}

    /**
     * A client's watch may store no position any more, because another one has opened the name.
     *
     * @param clientName the client
     */
    default void onFenced(String clientName) {}

    /**
     * A client that ran here has ended, and has stored its position if it could.
     *
     * @param clientName the client; of a group each partition, as {@code name#0}
     */
    default void onClientEnded(String clientName) {}

    /**
     * This process starts to handle a partition of a group.
     *
     * @param clientName the client whose work is shared
     * @param partition which partition, from 0
     */
    default void onPartitionTaken(String clientName, int partition) {}

    /**
     * This process has released a partition of a group: none of its changes is being handled, its position is stored,
     * and another member can open it. Also called when the processor ends.
     *
     * @param clientName the client whose work is shared
     * @param partition which partition, from 0
     */
    default void onPartitionHandedOver(String clientName, int partition) {}

    /**
     * A partition of a group was lost: its lease was not renewed in time, or another process owns it. Running handlers
     * are cancelled, and their changes are delivered again to the next owner.
     *
     * @param clientName the client whose work is shared
     * @param partition which partition, from 0
     * @param error why
     */
    default void onPartitionLost(String clientName, int partition, ClientFencedException error) {}

    /**
     * How far a client that runs here is behind, every five seconds while it runs. Asked of the database only if there is a
     * listener.
     *
     * @param lag how far
     */
    default void onLag(ClientLag lag) {}

    /**
     * A change has a document that cannot be decoded. The change was passed to the watch's handler for undecodable
     * changes, and the stream continues; a processor also stores it as a dead letter.
     *
     * @param change the change
     */
    default void onUndecodable(UndecodableChange change) {}

    /**
     * A processor's handler failed, and will be called again unless a dead letter follows.
     *
     * @param clientName the client
     * @param change the change
     * @param attempt which attempt it was, from 1
     * @param error why
     */
    default void onHandlerFailed(String clientName, ChangeEvent<?> change, int attempt, Throwable error) {}

    /**
     * A processor gave a change up, and it is stored as a dead letter.
     *
     * @param clientName the client
     * @param change the change
     * @param attempts how often it was attempted
     * @param error the last error
     */
    default void onDeadLetter(String clientName, ChangeEvent<?> change, int attempts, Throwable error) {}
}
