// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * The primary that all connections of a datastore lead to. Two primaries are never in use at a time: a newer primary
 * makes the connections to the former one stale, and a former primary that is available again is rejected. Thread-safe.
 */
public final class Primary implements Eligibility {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private final AtomicBoolean unavailable = new AtomicBoolean();
    private final Sinks.Many<Boolean> recoveries = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<Boolean> changes = Sinks.many().multicast().directBestEffort();
    private volatile @Nullable Backend current;

    /** Checks the server of a new connection, and records it as the primary if it is acceptable. */
    @Override
    public @Nullable String objection(Backend backend, boolean writable) {
        if (writable && backend.readOnly()) {
            return "accepts no writes";
        }
        if (backend.standby()) {
            return "is a standby";
        }
        boolean changed;
        synchronized (this) {
            Backend known = current;
            if (known != null && backend.isFormerPrimaryOf(known)) {
                return "is a former primary: it writes timeline " + backend.timeline() + ", and timeline "
                        + known.timeline() + " was seen before";
            }
            changed = known != null && !backend.isSamePrimary(known);
            current = backend;
        }
        if (changed) {
            LOG.info(
                    "Primary changed: system={}, timeline={}, version={}; connections to the former primary are replaced",
                    Printable.line(String.valueOf(backend.system())),
                    Printable.line(String.valueOf(backend.timeline())),
                    Printable.line(backend.version()));
            emit(changes);
        }
        return null;
    }

    /** Not when another primary has been seen since. */
    @Override
    public boolean isCurrent(Backend backend) {
        Backend known = current;
        return known == null || backend.isSamePrimary(known);
    }

    /** Whether a server belongs to the cluster of the primary, as far as both report it. */
    boolean isSameSystem(Backend backend) {
        Backend known = current;
        return known == null
                || known.system() == null
                || backend.system() == null
                || known.system().equals(backend.system());
    }

    /**
     * The timeline that the primary writes.
     *
     * @return eight hexadecimal digits; null if it is not known
     */
    public @Nullable String timeline() {
        Backend known = current;
        return known == null ? null : known.timeline();
    }

    /**
     * That another primary has been seen.
     *
     * @return hot; an element each time
     */
    public Flux<Boolean> changes() {
        return changes.asFlux();
    }

    /**
     * Signals that a connection could be opened again after failed attempts, so that retries can continue immediately.
     * @return hot; an element each time
     */
    public Flux<Boolean> recoveries() {
        return recoveries.asFlux();
    }

    @Override
    public void attempted(boolean success) {
        if (!success) {
            unavailable.set(true);
        } else if (unavailable.compareAndSet(true, false)) {
            emit(recoveries);
        }
    }

    private static void emit(Sinks.Many<Boolean> sink) {
        // Emissions of several threads at once mean the same thing, and one of them arrives.
        sink.emitNext(true, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(10)));
    }
}
