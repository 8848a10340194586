// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.changestream.interleavings.Interleavings;
import io.nvsentinel.datastore.internal.insert.InsertQueue.Group;
import io.nvsentinel.datastore.internal.insert.InsertQueue.Waiting;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Three inserts, two of them under one key; one is cancelled. Each of the others is executed once, and none is left behind. */
public final class InsertQueueScenario implements Runnable {

    @Override
    public void run() {
        InsertQueue queue = new InsertQueue();
        Queue<Waiting> executed = new ConcurrentLinkedQueue<>();
        Waiting first = new Waiting(Encoded.nothing(), "a");
        Waiting second = new Waiting(Encoded.nothing(), "a");
        Waiting cancelled = new Waiting(Encoded.nothing(), "b");
        Interleavings.run(() -> insert(queue, first, executed), () -> insert(queue, second, executed), () -> {
            insert(queue, cancelled, executed);
            queue.giveUp(cancelled);
        });
        Interleavings.require(
                executed.stream().filter(each -> each == first).count() == 1
                        && executed.stream().filter(each -> each == second).count() == 1,
                "an insert was lost or repeated");
        Interleavings.require(
                queue.enter(new Waiting(Encoded.nothing(), "c")), "an insert that comes later would not be executed");
    }

    private static void insert(InsertQueue queue, Waiting waiting, Queue<Waiting> executed) {
        if (!queue.enter(waiting)) {
            return;
        }
        do {
            Group group = new Group();
            queue.next(group);
            while (!group.isEmpty()) {
                executed.add(group.remove());
            }
            queue.end(group);
        } while (queue.goesOn(false));
    }
}
