// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.process.Lanes;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.datastore.InvalidDocumentException;

/**
 * One partition of a group: which changes are its own.
 *
 * @param partition which one, from 0
 * @param group how many there are, and how long one is owned after a sign of life
 * @param keys what stays in order
 */
record Share(int partition, GroupOptions group, Keys keys) {

    /** Whether a change is this partition's. One whose key cannot be told, as its document is broken, is the first one's. */
    boolean has(ChangelogRow row, ChangeEvent<?> event) {
        return Lanes.partition(key(row, event), group.partitions()) == partition;
    }

    private String key(ChangelogRow row, ChangeEvent<?> event) {
        try {
            return keys.of(row, event);
        } catch (InvalidDocumentException broken) {
            return "";
        }
    }
}
