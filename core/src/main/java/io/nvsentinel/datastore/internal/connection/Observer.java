// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreListener.Kind;
import io.nvsentinel.datastore.DatastoreListener.Operation;
import io.nvsentinel.datastore.DatastoreListener.Outcome;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Notifies a listener of the end of operations. Without a listener, operations are not changed. */
final class Observer {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.listener");

    private final @Nullable DatastoreListener listener;

    Observer(@Nullable DatastoreListener listener) {
        this.listener = listener;
    }

    /** The same operation, whose end is reported. */
    <T> Mono<T> observe(Kind kind, String action, Mono<T> operation) {
        DatastoreListener told = listener;
        if (told == null) {
            return operation;
        }
        return Mono.defer(() -> {
            Running running = new Running(told, kind, action);
            return operation
                    .doOnSuccess(value -> running.end(Outcome.OK, null))
                    .doOnError(error -> running.end(Outcome.FAILED, error))
                    .doOnCancel(() -> running.end(Outcome.CANCELLED, null));
        });
    }

    /** The same session, whose operations are reported. */
    Session observe(Session session) {
        return listener == null ? session : new Observed(session);
    }

    private final class Observed implements Session {

        private final Session session;

        Observed(Session session) {
            this.session = session;
        }

        @Override
        public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
            return observe(Kind.READ, action, session.read(action, work));
        }

        @Override
        public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
            return observe(Kind.WRITE, action, session.write(action, work));
        }

        @Override
        public boolean isEachItsOwnTransaction() {
            return session.isEachItsOwnTransaction();
        }
    }

    /** One subscription to an operation, which ends once: a cancel may follow the value. */
    private static final class Running {

        private final DatastoreListener listener;
        private final Kind kind;
        private final String action;
        private final long begun = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();

        Running(DatastoreListener listener, Kind kind, String action) {
            this.listener = listener;
            this.kind = kind;
            this.action = action;
        }

        void end(Outcome outcome, @Nullable Throwable error) {
            if (ended.getAndSet(true)) {
                return;
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            try {
                listener.onOperation(new Operation(kind, action, took, outcome, error));
            } catch (RuntimeException | LinkageError | VirtualMachineError e) {
                LOG.warn(
                        "Datastore listener failed: class={}; the operation is not affected",
                        listener.getClass().getName(),
                        e);
            }
        }
    }
}
