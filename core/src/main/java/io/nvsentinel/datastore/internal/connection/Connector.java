// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.internal.ForeignCode;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;

/** Makes connections within a bound that holds from the first packet to the end of the log-in, and leaves no socket. */
final class Connector implements ConnectionFactory {

    private final Supplier<PostgresqlConnectionConfiguration.Builder> configuration;
    private final Duration timeout;
    private final Scheduler timer;
    private final ConnectionFactoryMetadata metadata;
    private final Map<PostgresqlConnection, Channels> open = new ConcurrentHashMap<>();
    private final UnaryOperator<Throwable> explanation;
    private volatile boolean inPlainText;

    Connector(Supplier<PostgresqlConnectionConfiguration.Builder> configuration, Duration timeout, Scheduler timer) {
        this(configuration, UnaryOperator.identity(), timeout, timer);
    }

    /**
     * A connector; connects to nothing yet.
     *
     * @param configuration makes a builder anew for each connection
     * @param explanation makes a failure to connect say more
     */
    Connector(
            Supplier<PostgresqlConnectionConfiguration.Builder> configuration,
            UnaryOperator<Throwable> explanation,
            Duration timeout,
            Scheduler timer) {
        this.explanation = explanation;
        this.configuration = configuration;
        this.timeout = timeout;
        this.timer = timer;
        this.metadata = new PostgresqlConnectionFactory(configuration.get().build()).getMetadata();
    }

    /** Cold; fails with a {@link java.util.concurrent.TimeoutException} where the server does not answer. */
    @Override
    public Mono<PostgresqlConnection> create() {
        return ForeignCode.defer(() -> {
            Channels channels = new Channels();
            return ForeignCode.defer(() -> new PostgresqlConnectionFactory(
                                    configuration.get().loopResources(channels).build())
                            .create())
                    .timeout(timeout, timer)
                    .onErrorMap(explanation::apply)
                    .doOnNext(connection -> remember(connection, channels))
                    .doFinally(signal -> settle(channels, signal));
        });
    }

    /** Whether the newest connection is not encrypted. */
    boolean isInPlainText() {
        return inPlainText;
    }

    private void remember(PostgresqlConnection connection, Channels channels) {
        inPlainText = !channels.isEncrypted();
        open.put(connection, channels);
        channels.whenClosed(() -> open.remove(connection));
    }

    private static void settle(Channels channels, SignalType signal) {
        if (signal != SignalType.ON_COMPLETE) {
            channels.close();
        }
    }

    /** The driver's own connection, without what the pool or a listener has put around it. */
    static @Nullable PostgresqlConnection driver(Connection connection) {
        if (connection instanceof PostgresqlConnection driver) {
            return driver;
        }
        return connection instanceof Wrapped<?> wrapped ? wrapped.unwrap(PostgresqlConnection.class) : null;
    }

    /**
     * Closes a connection in good order, and then its socket: the driver leaves it open for good where it fails to take its
     * leave from the server.
     *
     * @param connection one that was made here, or what was put around it
     * @return cold; completes, also where that fails, or the server does not answer in time
     */
    Mono<Void> close(Connection connection) {
        return Lease.quietly(connection.close(), timer).doFinally(signal -> {
            PostgresqlConnection driver = driver(connection);
            Channels channels = driver == null ? null : open.get(driver);
            if (channels != null) {
                channels.close();
            }
        });
    }

    /**
     * Closes what is open still: waits for what is in use, up to a bound, and then closes the sockets underneath.
     *
     * @return cold; completes when no connection made here is open
     */
    Mono<Void> closeRest(Duration grace) {
        return ForeignCode.defer(() -> {
            List<Channels> rest = List.copyOf(open.values());
            Mono<Void> closed = Mono.when(rest.stream().map(Channels::closed).toList());
            return closed.timeout(
                    grace,
                    Mono.fromRunnable(() -> rest.forEach(Channels::close)).then(closed),
                    timer);
        });
    }

    @Override
    public ConnectionFactoryMetadata getMetadata() {
        return metadata;
    }
}
