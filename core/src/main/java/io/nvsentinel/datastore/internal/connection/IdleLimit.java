// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.pool.PoolBuilder;
import reactor.pool.PoolConfig;
import reactor.pool.PooledRefMetadata;

/**
 * Limits the number of idle connections: a released connection above the limit is closed. The pool bounds idle
 * connections by time alone.
 *
 * <p>The pool calls one predicate when a connection is released, when an idle one is acquired and when it cleans up,
 * and does not say which. Hence the set of idle connections here: a connection that is not in the set is being
 * released. A connection leaves the set when it is taken or closed, and the pool does nothing else with an idle one.
 * When the pool has been closed, the set holds what the pool has lost: a connection that it had just acquired for a
 * caller that was rejected because of the closing.
 */
final class IdleLimit {

    private final Set<Connection> idle = Collections.newSetFromMap(new IdentityHashMap<>());
    private final int most;
    private final Lifetime lifetime;
    private final Connector connector;

    IdleLimit(int most, Lifetime lifetime, Connector connector) {
        this.most = most;
        this.lifetime = lifetime;
        this.connector = connector;
    }

    Connector connector() {
        return connector;
    }

    Lifetime lifetime() {
        return lifetime;
    }

    /** Prepares a pool that keeps to this and to the lifetime, for which it has one predicate, and to the permits. */
    ConnectionPoolConfiguration.Builder pool(ConnectionFactory connections, Permits permits) {
        return lifetime.pool(connections)
                .initialSize(0)
                .maxSize(permits.permitMaximum())
                .postAllocate(this::taken)
                .customizer(pool -> customize(pool.allocationStrategy(permits)));
    }

    /**
     * Closes the connections that a closed pool has lost, which would otherwise remain open until the process ends, and
     * then the connections in use, when they are released or the grace period is over.
     */
    Mono<Void> closeRest(Duration grace) {
        return Flux.defer(() -> Flux.fromIterable(lost()))
                .flatMap(connector::close)
                .then(connector.closeRest(grace));
    }

    private synchronized List<Connection> lost() {
        return List.copyOf(idle);
    }

    private void customize(PoolBuilder<Connection, ? extends PoolConfig<? extends Connection>> pool) {
        pool.evictionPredicate(this::closes).destroyHandler(this::close);
    }

    private Publisher<Void> taken(Connection connection) {
        remove(connection);
        return Mono.empty();
    }

    private Publisher<Void> close(Connection connection) {
        remove(connection);
        return connector.close(connection);
    }

    private boolean closes(Connection connection, PooledRefMetadata times) {
        return lifetime.mustLeave(connection, times) || !connector.isUsable(connection) || !keeps(connection);
    }

    private synchronized boolean keeps(Connection connection) {
        return idle.contains(connection) || (idle.size() < most && idle.add(connection));
    }

    private synchronized void remove(Connection connection) {
        idle.remove(connection);
    }
}
