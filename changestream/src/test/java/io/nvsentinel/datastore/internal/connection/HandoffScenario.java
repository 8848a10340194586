// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.changestream.interleavings.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/** A connection arrives while its receiver cancels: the receiver has it or the pool has it back, and never both. */
public final class HandoffScenario implements Runnable {

    @Override
    public void run() {
        Pool pool = new Pool();
        AtomicInteger received = new AtomicInteger();
        BaseSubscriber<String> receiver = new BaseSubscriber<>() {
            @Override
            protected void hookOnNext(String connection) {
                received.incrementAndGet();
            }
        };
        Mono.from(pool.transform(CancelSafeHandoff.once())).subscribe(receiver);
        Interleavings.run(pool::deliver, receiver::cancel);
        Interleavings.require(
                received.get() + (pool.released ? 1 : 0) == 1,
                "received " + received + " times, released: " + pool.released);
    }

    /** Releases what it delivers when it is cancelled, even afterwards. */
    private static final class Pool extends Mono<String> implements Subscription {

        private CoreSubscriber<? super String> subscriber;
        private volatile boolean released;

        @Override
        public void subscribe(CoreSubscriber<? super String> actual) {
            subscriber = actual;
            actual.onSubscribe(this);
        }

        void deliver() {
            subscriber.onNext("connection");
        }

        @Override
        public void request(long elements) {
            // The test delivers.
        }

        @Override
        public void cancel() {
            released = true;
        }
    }
}
