// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.LateErrors;
import io.nvsentinel.datastore.internal.connection.server.Names.Target;
import io.nvsentinel.datastore.internal.options.LoginRules;
import io.nvsentinel.tls.TlsContext;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.R2dbcTransientResourceException;
import io.r2dbc.spi.Wrapped;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;

/**
 * Makes connections to an eligible one among some servers, mostly the primary, within a bound that holds from the look-up
 * of the name to the server's answer that it is eligible, and leaves no socket.
 */
public final class Connector implements ConnectionFactory {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /** The state with which a server says that it accepts no connections now. */
    private static final String NOT_NOW = "57P03";

    private final BiFunction<InetSocketAddress, Duration, PostgresqlConnectionConfiguration.Builder> configuration;
    private final Sockets sockets;
    private final LoginRules rules;
    private final Servers servers;
    private final Eligibility eligible;
    private final @Nullable TlsContext tls;
    private final Scheduler timer;
    private final ConnectionFactoryMetadata metadata;
    private final Map<PostgresqlConnection, Open> open = new ConcurrentHashMap<>();

    private volatile boolean inPlainText;

    private record Open(Channels channels, Backend backend) {}

    /**
     * A connector; connects to nothing yet.
     *
     * @param options how to connect
     * @param addresses where
     * @param tls how to encrypt, or null for plain text
     * @param eligible which of them; {@link Primary} is shared by all connectors to the same primary
     * @param timer measures the bounds
     */
    public Connector(
            DatastoreOptions options,
            List<InetSocketAddress> addresses,
            @Nullable TlsContext tls,
            Eligibility eligible,
            Scheduler timer) {
        this.configuration = (server, share) -> DriverConfiguration.of(options, server, share, tls);
        this.sockets = new Sockets(options.tcpKeepAlive(), options.tcpUserTimeout());
        this.rules = LoginRules.of(options);
        this.servers = new Servers(addresses, options.connectTimeout(), timer);
        this.eligible = eligible;
        this.tls = tls;
        this.timer = timer;
        this.metadata = new PostgresqlConnectionFactory(
                        DriverConfiguration.of(options, addresses.get(0), options.connectTimeout(), tls)
                                .build())
                .getMetadata();
    }

    /** Cold; fails with a {@link java.util.concurrent.TimeoutException} if the server does not answer. */
    @Override
    public Mono<PostgresqlConnection> create() {
        return servers.firstOf(this::connect)
                .doOnSuccess(connection -> eligible.attempted(connection != null))
                .doOnError(error -> eligible.attempted(false))
                .contextWrite(LateErrors::quietly);
    }

    private Mono<PostgresqlConnection> connect(Target target, Duration share, boolean writable) {
        return ForeignCode.defer(() -> {
            Channels channels = new Channels(sockets, target.address(), rules);
            return new EndedLogin(
                            ForeignCode.defer(() -> new PostgresqlConnectionFactory(configuration
                                            .apply(target.server(), share)
                                            .loopResources(channels)
                                            .build())
                                    .create()),
                            channels)
                    .flatMap(connection -> checked(connection, target, writable, channels))
                    .timeout(share, timer)
                    .onErrorMap(error -> tls == null ? error : tls.explain(error))
                    .doFinally(signal -> settle(channels, signal));
        });
    }

    private Mono<PostgresqlConnection> checked(
            PostgresqlConnection connection, Target target, boolean writable, Channels channels) {
        return Backend.of(connection).handle((backend, sink) -> {
            String objection = eligible.objection(backend, writable);
            if (objection == null) {
                inPlainText = !channels.isEncrypted();
                open.put(connection, new Open(channels, backend));
                channels.whenClosed(() -> open.remove(connection));
                closeFormer(backend);
                sink.next(connection);
            } else {
                sink.error(new R2dbcTransientResourceException(
                        "The server at " + target.server().getHostString() + " (" + target.address() + ") " + objection,
                        NOT_NOW));
            }
        });
    }

    /**
     * Ends what is under way on a former primary: its answer, if it still sends one, is of no use. A server's wait for a
     * synchronous standby does not end with the socket.
     */
    private void closeFormer(Backend current) {
        for (Open each : open.values()) {
            if (each.backend().isFormerPrimaryOf(current)) {
                each.channels().close();
            }
        }
    }

    /**
     * Whether the newest connection is not encrypted.
     *
     * @return false before there is one
     */
    public boolean isInPlainText() {
        return inPlainText;
    }

    private static void settle(Channels channels, SignalType signal) {
        if (signal != SignalType.ON_COMPLETE) {
            channels.close();
        }
    }

    /**
     * The driver's own connection, without the wrappers of the pool or a listener.
     *
     * @param connection a connection that was opened here, or a wrapper of one
     * @return null if it is a different connection
     */
    public static @Nullable PostgresqlConnection driver(Connection connection) {
        if (connection instanceof PostgresqlConnection driver) {
            return driver;
        }
        return connection instanceof Wrapped<?> wrapped ? wrapped.unwrap(PostgresqlConnection.class) : null;
    }

    /**
     * The server's identity when the connection was opened.
     *
     * @param connection a connection that was opened here, or a wrapper of one
     * @return null if it is closed, or a different connection
     */
    public @Nullable Backend backend(Connection connection) {
        Open known = find(connection);
        return known == null ? null : known.backend();
    }

    /**
     * Whether a connection is usable.
     *
     * @param connection a connection that was opened here, or a wrapper of one
     * @return false if its socket is closed, or leads to a server that is no longer eligible
     */
    public boolean isUsable(Connection connection) {
        PostgresqlConnection driver = driver(connection);
        Open known = driver == null ? null : open.get(driver);
        return driver == null || (known != null && eligible.isCurrent(known.backend()));
    }

    private @Nullable Open find(Connection connection) {
        PostgresqlConnection driver = driver(connection);
        return driver == null ? null : open.get(driver);
    }

    /**
     * Closes a connection cleanly, and then its socket: the driver leaves the socket open if it fails to send the
     * termination message.
     *
     * @param connection a connection that was opened here, or a wrapper of one
     * @return cold; completes, even if that fails, or if the server does not answer in time
     */
    public Mono<Void> close(Connection connection) {
        return closing(connection, timer).doFinally(signal -> {
            Open known = find(connection);
            if (known != null) {
                known.channels().close();
            }
        });
    }

    /**
     * Closes a connection of the driver's in good order. The driver waits, busily, until no thread passes on a message of the connection;
     * so this must not happen on behalf of one that it is passing on just now, which would never end.
     *
     * @param connection one of the driver's, or what was put around it
     * @param timer measures the bound, and closes
     * @return cold; as {@link #quietly}
     */
    public static Mono<Void> closing(Connection connection, Scheduler timer) {
        return quietly(Mono.defer(() -> Mono.from(connection.close())).subscribeOn(timer), timer);
    }

    /**
     * A release that hides neither the result nor the error that came before it.
     *
     * @param release closes or releases something
     * @param timer measures the bound
     * @return cold; completes when that is done, has failed or takes too long
     */
    public static Mono<Void> quietly(Publisher<Void> release, Scheduler timer) {
        return Mono.from(release)
                .timeout(CLOSE_TIMEOUT, timer)
                .doOnError(error -> LOG.debug("Connection could not be closed cleanly", error))
                .onErrorComplete();
    }

    /**
     * Closes what is open still: waits for what is in use, up to a bound, and then closes the sockets underneath.
     *
     * @param grace the bound
     * @return cold; completes when no connection made here is open
     */
    public Mono<Void> closeRest(Duration grace) {
        return Mono.defer(() -> {
            List<Channels> rest = open.values().stream().map(Open::channels).toList();
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
