// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.process.Lanes;
import io.nvsentinel.changestream.processing.GroupOptions;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a group: which changes are its own.
 *
 * @param client the name that is shared
 * @param partition which one, from 0
 * @param group how many there are, and how long one is owned after a sign of life
 * @param keys what stays in order
 */
record PartitionAssignment(String client, int partition, GroupOptions group, Keys keys) {

    /** Whether a change is this partition's; one without a key is the first one's. */
    boolean has(ChangelogRow row, ChangeEvent<?> event) {
        return Lanes.partition(keys.of(row, event), group.partitions()) == partition;
    }

    void taken(ChangeStreamListener listener) {
        listener.onPartitionTaken(client, partition);
    }

    /** Another process may own it from now on. */
    void ended(ChangeStreamListener listener, @Nullable Throwable error) {
        if (error instanceof ClientFencedException lost) {
            listener.onPartitionLost(client, partition, lost);
        } else {
            listener.onPartitionHandedOver(client, partition);
        }
    }
}
