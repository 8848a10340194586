// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** Hand-written statements over the plain reactive driver and its pool. */
public final class R2dbc implements InsertPeer {

    /** How the report calls it. */
    public static final String NAME = "plain R2DBC";

    /** What a single insert sends. */
    static final String INSERT = "INSERT INTO health_events (data) VALUES ($1) RETURNING id";

    private static final String BY_ID = "SELECT id, created_at, updated_at, data FROM health_events WHERE id = $1";
    private static final String BY_NODE =
            "SELECT id, created_at, updated_at, data FROM health_events WHERE node_name = $1 ORDER BY created_at, id";
    private static final String SCAN =
            "SELECT id, created_at, updated_at, data FROM health_events ORDER BY created_at, id";
    private static final String CHANGES = "SELECT id, xid::text::bigint, table_name, record_id, operation, changed_at,"
            + " old_values, new_values FROM datastore_changelog ORDER BY id";
    private static final int FETCH_SIZE = 1_000;

    private final ConnectionPool pool;

    /**
     * Makes a pool.
     *
     * @param database where
     */
    public R2dbc(Database database) {
        pool = new ConnectionPool(ConnectionPoolConfiguration.builder(
                        new PostgresqlConnectionFactory(database.r2dbc().build()))
                .initialSize(0)
                .maxSize(Ours.POOL)
                .build());
    }

    /**
     * How it is set up.
     *
     * @return in words
     */
    public static String setUp() {
        return "r2dbc-pool with " + Ours.POOL
                + " connections, prepared statements cached (the driver's default), scans with" + " a fetch size of "
                + FETCH_SIZE + ", JSON bound and read as bytes";
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void insert(Rows rows, int callers) {
        Flux.fromIterable(rows.json())
                .flatMap(
                        json -> query(
                                connection -> connection.createStatement(INSERT).bind(0, Json.of(json)),
                                row -> Objects.requireNonNull(row.get(0, UUID.class))),
                        callers)
                .blockLast();
    }

    /**
     * Reads one document.
     *
     * @param id which
     * @return bytes
     */
    public Flux<byte[]> findById(UUID id) {
        return query(connection -> connection.createStatement(BY_ID).bind(0, id), R2dbc::document);
    }

    /**
     * Reads the documents of a node.
     *
     * @param node the node's name
     * @return bytes
     */
    public Flux<byte[]> findByNode(String node) {
        return query(connection -> connection.createStatement(BY_NODE).bind(0, node), R2dbc::document);
    }

    /**
     * Reads every document.
     *
     * @return bytes
     */
    public Flux<byte[]> scan() {
        return query(connection -> connection.createStatement(SCAN).fetchSize(FETCH_SIZE), R2dbc::document);
    }

    /**
     * Reads every change.
     *
     * @return the documents after the change, as bytes
     */
    public Flux<byte[]> changes() {
        return query(connection -> connection.createStatement(CHANGES).fetchSize(FETCH_SIZE), row -> {
            for (int column = 0; column < 6; column++) {
                row.get(column);
            }
            Json before = row.get(6, Json.class);
            byte[] after = Objects.requireNonNull(row.get(7, Json.class)).asArray();
            return before == null ? after : before.asArray();
        });
    }

    private static byte[] document(Readable row) {
        row.get(0, UUID.class);
        row.get(1, Instant.class);
        row.get(2, Instant.class);
        return Objects.requireNonNull(row.get(3, Json.class)).asArray();
    }

    private <T> Flux<T> query(Function<Connection, Statement> statement, Function<Readable, T> mapper) {
        return Flux.usingWhen(
                pool.create(),
                connection -> Flux.from(statement.apply(connection).execute()).concatMap(result -> result.map(mapper)),
                Connection::close);
    }

    @Override
    public void close() {
        pool.disposeLater().block();
    }
}
