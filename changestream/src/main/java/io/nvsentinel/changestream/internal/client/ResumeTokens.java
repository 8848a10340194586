// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.store.Rows;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The stored positions of named clients, and who owns each name. */
public final class ResumeTokens {

    private static final String OPEN = """
            UPDATE resume_tokens SET epoch = epoch + 1, last_updated = now()
            WHERE client_name = $1
            RETURNING epoch, resume_token""";

    private static final String CREATE = """
            INSERT INTO resume_tokens (client_name, resume_token) VALUES ($1, $2)
            ON CONFLICT (client_name) DO UPDATE SET epoch = resume_tokens.epoch + 1, last_updated = now()
            RETURNING epoch, resume_token""";

    private static final String STORE = """
            UPDATE resume_tokens SET resume_token = $3, last_updated = now()
            WHERE client_name = $1 AND epoch = $2""";

    private final Connections connections;
    private final JsonCodec json;

    /**
     * Stored positions.
     *
     * @param connections the connections
     * @param json reads and writes positions
     */
    public ResumeTokens(Connections connections, JsonCodec json) {
        this.connections = connections;
        this.json = json;
    }

    /**
     * Makes the caller the owner of a name.
     *
     * @param client the name
     * @param initial where a client starts that is not known yet; stored at once, so that it stays where it began
     * @return cold; emits where to go on, and the right to store
     */
    public Mono<Owned> open(String client, Mono<Position> initial) {
        return owned(client, OPEN, null).switchIfEmpty(initial.flatMap(token -> owned(client, CREATE, token)));
    }

    private Mono<Owned> owned(String client, String sql, @Nullable Position token) {
        return connections.write("Open the change stream client \"" + client + "\"", connection -> {
            var statement = connection.createStatement(sql).bind(0, client);
            return Rows.one(token == null ? statement : statement.bind(1, json(token)), row -> owned(client, row));
        });
    }

    private Owned owned(String client, Readable row) {
        byte[] stored = Objects.requireNonNull(row.get(1, Json.class)).asArray();
        return new Owned(
                client, Objects.requireNonNull(row.get(0, Long.class)), Position.fromTree(json.readTree(stored)));
    }

    /**
     * Stores a position.
     *
     * @param owned the name
     * @param token the position
     * @return cold; fails with {@link ClientFencedException} if the name has another owner by now
     */
    public Mono<Void> store(Owned owned, Position token) {
        return connections
                .write(
                        "Store the position of the change stream client \"" + owned.client() + "\"",
                        connection -> Rows.written(connection
                                .createStatement(STORE)
                                .bind(0, owned.client())
                                .bind(1, owned.epoch())
                                .bind(2, json(token))))
                .flatMap(count -> count == 1
                        ? Mono.empty()
                        : Mono.error(new ClientFencedException("The change stream client \"" + owned.client()
                                + "\" was opened again elsewhere and has another owner now")));
    }

    private Json json(Position token) {
        return Json.of(json.writeTree(token.toTree()));
    }

    /**
     * A name, owned.
     *
     * @param client the name
     * @param epoch counts the owners of the name
     * @param token where the client left off
     */
    public record Owned(String client, long epoch, Position token) {}
}
