// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;

/**
 * One change to handle.
 *
 * @param row the change as it is stored
 * @param event the change as the handler sees it
 * @param key changes with the same key stay in order; never null, empty if the change has none
 * @param deadLetter the dead letter that is replayed; 0 if the change came from the stream
 * @param done called when the change needs no more handling
 * @param <E> the event's type
 */
public record Task<E>(ChangelogRow row, E event, String key, long deadLetter, Runnable done) {

    /** Whether the change came from the dead letters and not from the stream. */
    boolean isReplay() {
        return deadLetter != 0;
    }

    /** The same change, with something more to call when it needs no more handling. */
    Task<E> then(Runnable more) {
        return new Task<>(row, event, key, deadLetter, () -> {
            done.run();
            more.run();
        });
    }
}
