// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.interleavings.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** A watch acquires its client name, and then its reading instead, while its subscriber cancels: what is acquired is released. */
public final class ReleasableHandleScenario implements Runnable {

    @Override
    public void run() {
        ReleasableHandle handle = new ReleasableHandle();
        AtomicInteger held = new AtomicInteger();
        Mono<String> name = Mono.fromCallable(() -> {
            held.incrementAndGet();
            return "name";
        });
        ReleasableHandle.Held release = why -> Mono.fromRunnable(held::decrementAndGet);
        Interleavings.run(
                () -> handle.fetch(name, acquired -> release).subscribe(acquired -> handle.holdInstead(() -> release)),
                () -> handle.end(null).subscribe());
        Interleavings.require(held.get() == 0, "held " + held + " times after the end");
    }
}
