// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import io.nvsentinel.changestream.interleavings.Interleavings;

/** The lock is released and locked again while a change is found: the notification of that change stays owed. */
public final class PendingNotificationScenario implements Runnable {

    @Override
    public void run() {
        PendingNotification pending = new PendingNotification();
        Interleavings.run(
                () -> {
                    pending.letGo();
                    pending.settle();
                },
                () -> pending.found(true));
        Interleavings.require(pending.take(), "idle subscribers are not notified of the change");
        Interleavings.require(!pending.take(), "they are notified twice");
    }
}
