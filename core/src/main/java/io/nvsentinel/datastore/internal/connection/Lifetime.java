// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.pool.PooledRefMetadata;

/**
 * When a connection has to leave: at the end of its lifetime or, if that was asked for, as soon as the certificates it was
 * made with are no longer in use.
 *
 * <p>Nobody is interrupted: the pool looks at a connection when it is lent, when it comes back and, if it is idle, in the
 * background.
 */
final class Lifetime {

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration SOON_ENOUGH = Duration.ofSeconds(30);
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(30);

    private final Duration longest;
    private final @Nullable TlsContext watched;

    /** Which certificates each connection was made with. Weak: the pool forgets connections without telling. */
    private final Map<Connection, Long> madeWith = Collections.synchronizedMap(new WeakHashMap<>());

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
        Mono<Void> aged = Mono.delay(longest).then();
        return watched == null ? aged : Mono.firstWithSignal(aged, replaced(watched, generation()));
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
                || madeWith.getOrDefault(connection, generation()) != generation();
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
                // Asked before the handshake: one that begins in between is taken for an old one, never the other way
                // round.
                long generation = generation();
                return Mono.<Connection>from(connector.create()).doOnNext(made -> madeWith.put(made, generation));
            });
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return connector.getMetadata();
        }
    }
}
