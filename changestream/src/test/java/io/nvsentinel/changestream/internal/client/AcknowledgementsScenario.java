// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.interleavings.Interleavings;
import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Two changes are acknowledged while a third one is delivered, reading waits for room and the position is stored: the position
 * never passes an unacknowledged change, and reading continues.
 */
public final class AcknowledgementsScenario implements Runnable {

    @Override
    public void run() {
        Acknowledgements acknowledgements = new Acknowledgements(ChangelogRows.point(0));
        Runnable first = acknowledgements.deliver(ChangelogRows.row(1));
        Runnable second = acknowledgements.deliver(ChangelogRows.row(2));
        AtomicBoolean firstIsHandled = new AtomicBoolean();
        AtomicBoolean hasRoom = new AtomicBoolean();
        AtomicLong stored = new AtomicLong();
        AtomicBoolean early = new AtomicBoolean();
        Interleavings.run(
                () -> {
                    firstIsHandled.set(true);
                    first.run();
                    acknowledgements.room(1).subscribe(null, null, () -> hasRoom.set(true));
                },
                second,
                () -> {
                    stored.set(acknowledgements.token().id());
                    early.set(stored.get() > 0 && !firstIsHandled.get());
                });
        Interleavings.require(!early.get(), "the position " + stored + " passed an unacknowledged change");
        Interleavings.require(acknowledgements.token().id() == 2, "an acknowledgement was lost");
        Interleavings.require(hasRoom.get(), "reading waits although everything is acknowledged");
    }
}
