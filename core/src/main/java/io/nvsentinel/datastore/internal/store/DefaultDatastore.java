// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.datastore.SchemaStatus;
import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.figures.HealthCheck;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.nvsentinel.datastore.internal.schema.SchemaMigrations;
import io.nvsentinel.datastore.internal.schema.SchemaSafety;
import io.nvsentinel.datastore.internal.schema.ServerSettings;
import io.nvsentinel.datastore.internal.table.Identifier;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.query.ReadPosition;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsStatus;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The one datastore: options, then TLS, then the schema, then the pool. */
public final class DefaultDatastore implements Datastore {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");
    private static final Duration HEALTH_WITHIN = Duration.ofSeconds(5);
    private static final Duration HEALTH_LEAST = Duration.ofMillis(1);
    private static final Duration HEALTH_MOST = Duration.ofDays(1);

    private final DatastoreOptions options;
    private final Connections connections;
    private final JsonCodec json = JsonCodec.jackson3();
    private final DatastoreSession pooled;

    private DefaultDatastore(DatastoreOptions options, Connections connections) {
        this.options = options;
        this.connections = connections;
        this.pooled = new DefaultSession(connections, json);
    }

    /**
     * As {@link Datastore#connect(DatastoreOptions, DatastoreListener)}.
     *
     * @param options the options
     * @param listener receives its events, or null
     * @return emits the datastore
     */
    public static Mono<Datastore> connect(DatastoreOptions options, @Nullable DatastoreListener listener) {
        return Connections.open(options, listener, connections -> {
            DefaultDatastore datastore = new DefaultDatastore(options, connections);
            return new SchemaMigrations(options, connections.tls())
                    .run()
                    .then(ForeignCode.defer(datastore::ping))
                    .then(ForeignCode.defer(() -> ServerSettings.require(connections)))
                    .then(ForeignCode.defer(
                            () -> new SchemaSafety(connections, options.schema(), options.username()).check()))
                    .then(Mono.fromCallable(() -> ForeignCode.call(() -> datastore.announced(listener))));
        });
    }

    private Datastore announced(@Nullable DatastoreListener listener) {
        LOG.info(
                "Connected to {}/{} as {}, at most {} connections",
                Addresses.text(options.addresses()),
                options.database(),
                options.username(),
                options.maxConnections());
        if (listener != null) {
            listener.onConnected(this);
        }
        return this;
    }

    /**
     * As {@link SchemaStatus#of}.
     *
     * @param options where and how
     * @return emits the status
     */
    public static Mono<SchemaStatus> schemaStatus(DatastoreOptions options) {
        return Mono.usingWhen(
                Connections.open(options, null, Mono::just),
                connections -> new SchemaMigrations(options, connections.tls()).status(),
                Connections::close);
    }

    /**
     * As {@link Datastore#probe}.
     *
     * @param options where and how
     * @return completes if the server keeps what change streams assume
     */
    public static Mono<Void> probe(DatastoreOptions options) {
        return Mono.usingWhen(
                Connections.open(options, null, Mono::just),
                connections -> new SchemaSafety(connections, options.schema(), options.username())
                        .check()
                        .then(new SchemaMigrations(options, connections.tls()).probe()),
                Connections::close);
    }

    @Override
    public HealthEventStore healthEvents() {
        return pooled.healthEvents();
    }

    @Override
    public MaintenanceEventStore maintenanceEvents() {
        return pooled.maintenanceEvents();
    }

    @Override
    public <R> Mono<R> inTransaction(TransactionOptions options, Function<DatastoreSession, Mono<R>> work) {
        return connections.transaction(options, session -> work.apply(new DefaultSession(session, json)));
    }

    /**
     * As {@link #inTransaction(TransactionOptions, Function)}, for work that also writes what no store does.
     *
     * @param options isolation, retries and time-outs
     * @param work uses the transaction, and the stores in it
     * @param <R> the result
     * @return cold; emits after the commit
     */
    public <R> Mono<R> inTransaction(TransactionOptions options, BiFunction<Session, DatastoreSession, Mono<R>> work) {
        return connections.transaction(options, session -> work.apply(session, new DefaultSession(session, json)));
    }

    @Override
    public DatastoreSession reading(ReadPreference preference) {
        return new DefaultSession(connections.reading(preference), json);
    }

    @Override
    public Mono<ReadPosition> position() {
        return connections.position();
    }

    @Override
    public DatastoreSession using(Connection connection) {
        return new DefaultSession(connections.joined(connection), json);
    }

    @Override
    public <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec) {
        return pooled.collection(name, codec);
    }

    @Override
    public Mono<Void> createCollection(String name) {
        return define("Create collection ", "nvsentinel_create_collection", name);
    }

    @Override
    public Mono<Void> createTextIndex(String collection) {
        return define("Create the text index of ", "nvsentinel_create_text_index", collection);
    }

    private Mono<Void> define(String action, String function, String collection) {
        Identifier.requireCollection(collection);
        String sql = "SELECT {schema}." + function + "(CAST($1 AS text))";
        return connections
                .write(
                        action + collection,
                        connection -> Rows.one(connection.createStatement(sql).bind(0, collection), row -> true))
                .then();
    }

    @Override
    public PoolMetrics pool() {
        return connections.figures();
    }

    @Override
    public Mono<Void> ping() {
        return connections
                .read("Ping", connection -> Rows.one(connection.createStatement("SELECT 1"), row -> 1))
                .then();
    }

    @Override
    public Mono<Health> health() {
        return health(HEALTH_WITHIN);
    }

    @Override
    public Mono<Health> health(Duration within) {
        if (within.compareTo(HEALTH_LEAST) < 0 || within.compareTo(HEALTH_MOST) > 0) {
            throw new InvalidRequestException("within must be 1 ms to 1 d, not " + within);
        }
        return new HealthCheck(connections).check(within);
    }

    @Override
    public Optional<TlsStatus> tlsStatus() {
        return connections.isInPlainText()
                ? Optional.empty()
                : Optional.ofNullable(connections.tls()).map(TlsContext::status);
    }

    @Override
    public Flux<TlsStatus> tlsStatuses() {
        return Optional.ofNullable(connections.tls()).map(TlsContext::statuses).orElseGet(Flux::empty);
    }

    @Override
    public String provider() {
        return "postgresql";
    }

    @Override
    public DatastoreOptions options() {
        return options;
    }

    @Override
    public Mono<Void> close() {
        return connections.close();
    }

    /**
     * The connections, for the change stream.
     *
     * @return the connections
     */
    public Connections connections() {
        return connections;
    }

    /**
     * The codec of untyped documents, for the change stream.
     *
     * @return the codec
     */
    public JsonCodec json() {
        return json;
    }
}
