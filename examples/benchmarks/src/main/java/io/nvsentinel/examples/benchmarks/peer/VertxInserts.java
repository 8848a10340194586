// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Single inserts through Vert.x' PostgreSQL client. */
public final class VertxInserts implements InsertPeer {

    /** How the report calls it. */
    public static final String NAME = "Vert.x";

    private static final String INSERT = "INSERT INTO health_events (data) VALUES ($1::text::jsonb) RETURNING id";
    private static final int PIPELINE = 256;

    private final Vertx vertx = Vertx.vertx();
    private final SqlClient client;

    /**
     * Makes a pipelining client.
     *
     * @param database where
     */
    public VertxInserts(Database database) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(database.host())
                .setPort(database.port())
                .setDatabase(database.name())
                .setUser(database.user())
                .setCachePreparedStatements(true)
                .setPipeliningLimit(PIPELINE);
        if (database.password() != null) {
            options.setPassword(database.password());
        }
        client = PgBuilder.client()
                .with(new PoolOptions().setMaxSize(Ours.POOL))
                .connectingTo(options)
                .using(vertx)
                .build();
    }

    /**
     * How it is set up.
     *
     * @return in words
     */
    public static String setUp() {
        return "the pipelining client (PgBuilder.client), " + Ours.POOL + " connections, pipelining limit " + PIPELINE
                + ", prepared statements cached";
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void insert(Rows rows, int callers) {
        Flux.fromIterable(rows.json())
                .flatMap(
                        json -> Mono.fromCompletionStage(() -> client.preparedQuery(INSERT)
                                .execute(Tuple.of(new String(json, StandardCharsets.UTF_8)))
                                .toCompletionStage()),
                        callers)
                .blockLast();
    }

    @Override
    public void close() {
        client.close().toCompletionStage().toCompletableFuture().join();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
