// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.pool.PooledRefMetadata;

/**
 * When a connection has to leave: at the end of its lifetime; when all that were made before some moment are retired,
 * because one of them had a session that is of no use any more; or, if that was asked for, as soon as the certificates
 * it was made with are no longer in use.
 *
 * <p>No operation is interrupted: the pool checks a connection when it is acquired, when it is released and, if it is
 * idle, in the background.
 */
final class Lifetime {

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration SOON_ENOUGH = Duration.ofSeconds(30);
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(30);

    private final Duration longest;
    private final @Nullable TlsContext watched;

    /** How each connection was opened. Weak, because the pool drops connections without a notification. */
    private final Map<Connection, Made> made = Collections.synchronizedMap(new WeakHashMap<>());

    private final Sinks.Many<Boolean> retirements = Sinks.many().multicast().directBestEffort();
    private final AtomicLong retired = new AtomicLong(System.nanoTime());

    /**
     * How a connection was made.
     *
     * @param generation of the certificates
     * @param begun when the attempt to connect began, in the nanoseconds of this program
     */
    private record Made(long generation, long begun) {}

    /**
     * Follows the certificates if the options say so.
     *
     * @param options how long a connection lives
     * @param tls what encrypts, or null
     */
    Lifetime(DatastoreOptions options, @Nullable TlsContext tls) {
        this.longest = options.connectionMaxLifetime();
        this.watched = options.replaceConnectionsOnRotation() ? tls : null;
    }

    /** Prepares a pool of such connections; its eviction predicate has to ask {@link #mustLeave} too. */
    ConnectionPoolConfiguration.Builder pool(ConnectionFactory connector) {
        return ConnectionPoolConfiguration.builder(new Noting(connector))
                .maxLifeTime(longest)
                .maxIdleTime(LONGEST_IDLE)
                .backgroundEvictionInterval(lookEvery());
    }

    /**
     * Of a connection outside the pool that is made after this call.
     *
     * @return completes when it has to leave
     */
    Mono<Void> ofNext() {
        Mono<Void> over = Mono.firstWithSignal(
                Mono.delay(longest).then(), retirements.asFlux().next().then());
        return watched == null ? over : Mono.firstWithSignal(over, replaced(watched, generation()));
    }

    /**
     * Retires every connection whose opening has started by now, an idle one before its next use, because of an error
     * of one of them; not if that one was already retired, because newer connections are not affected.
     *
     * @return whether this call retired them
     */
    boolean retireAllAs(Connection shown) {
        if (isOutdated(made.get(key(shown)))) {
            return false;
        }
        retireAll();
        return true;
    }

    /** Retires every connection whose opening has started by now. */
    void retireAll() {
        retired.set(System.nanoTime());
        // At the same time as another thread's it means the same.
        retirements.tryEmitNext(true);
    }

    /** How old a connection is; zero if that is not known. */
    Duration age(Connection connection) {
        Made known = made.get(key(connection));
        return known == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - known.begun());
    }

    private static Mono<Void> replaced(TlsContext tls, long generation) {
        return tls.statuses()
                .filter(status -> status.generation() != generation)
                .next()
                // Closing ends the events, and is no reason for a connection to leave.
                .switchIfEmpty(Mono.never())
                .then();
    }

    private Duration lookEvery() {
        Duration most = watched == null ? SOON_ENOUGH : SOON;
        return longest.compareTo(most) < 0 ? longest : most;
    }

    /** It has to look at the times too, since it replaces the predicate that the pool makes of them. */
    boolean mustLeave(Connection connection, PooledRefMetadata times) {
        return times.lifeTime() >= longest.toMillis()
                || times.idleTime() >= LONGEST_IDLE.toMillis()
                || isOutdated(made.get(key(connection)));
    }

    /** The driver's connection, without the wrappers of the pool and of a listener. */
    private static Connection key(Connection connection) {
        Connection driver = Connector.driver(connection);
        return driver == null ? connection : driver;
    }

    private boolean isOutdated(@Nullable Made known) {
        return known != null && (known.generation() != generation() || known.begun() - retired.get() < 0);
    }

    private long generation() {
        return watched == null ? 0 : watched.generation();
    }

    /** Makes connections, and notes what they were made with. */
    private final class Noting implements ConnectionFactory {

        private final ConnectionFactory connector;

        Noting(ConnectionFactory connector) {
            this.connector = connector;
        }

        @Override
        public Publisher<? extends Connection> create() {
            return Mono.defer(() -> {
                // Read before the handshake: a connection that starts in between counts as old, never the other way
                // round.
                Made begun = new Made(generation(), System.nanoTime());
                return Mono.<Connection>from(connector.create())
                        .doOnNext(connection -> made.put(key(connection), begun));
            });
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return connector.getMetadata();
        }
    }
}
