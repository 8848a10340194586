// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.admin.ClientStatus;
import io.nvsentinel.changestream.admin.Clients;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The named clients in the database. */
public final class StoredClients implements Clients {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.client");

    private static final int COUNTED = 100_000;

    private static final String STATUS = String.format(Locale.ROOT, """
            SELECT client.client_name, client.resume_token, client.epoch, client.owner,
                coalesce(client.leased_until > clock_timestamp(), false), timestamptz_send(client.last_seen),
                timestamptz_send(client.cut_off),
                CASE WHEN behind.changes <= %1$d THEN behind.changes ELSE newest.last_value - client.position END,
                (SELECT timestamptz_send(changed_at) FROM {schema}.datastore_changelog WHERE id > client.position ORDER BY id LIMIT 1),
                client.position + 1 < state.oldest_id
            FROM {schema}.resume_tokens AS client
            CROSS JOIN {schema}.datastore_changelog_state AS state
            CROSS JOIN {schema}.datastore_changelog_id_seq AS newest
            CROSS JOIN LATERAL (
                SELECT count(*) AS changes
                FROM (SELECT FROM {schema}.datastore_changelog WHERE id > client.position LIMIT %1$d + 1) AS counted
            ) AS behind""", COUNTED);

    private static final String MINE = "(client_name = $1 OR group_name = $1)";

    /** One statement: the epoch fences the owner at the moment at which the client moves. */
    private static final String MOVE = String.format(Locale.ROOT, """
            WITH %2$s, known AS (
                SELECT count(*) AS clients FROM {schema}.resume_tokens WHERE %1$s
            ), moved AS (
                UPDATE {schema}.resume_tokens
                SET epoch = nextval('{schema}.resume_tokens_epoch_seq'), owner = NULL, last_seen = NULL, leased_until = NULL,
                    cut_off = CASE WHEN $3 THEN clock_timestamp() END, fresh = $3, last_updated = now(), resume_token = $2
                FROM history
                WHERE history.holds AND %1$s AND NOT ($3 AND fresh)
                RETURNING client_name
            ), forgotten AS (
                DELETE FROM {schema}.handled_changes WHERE client_name IN (SELECT client_name FROM moved)
            ), created AS (
                INSERT INTO {schema}.resume_tokens (client_name, cut_off, fresh, resume_token)
                SELECT $1, CASE WHEN $3 THEN clock_timestamp() END, $3, $2 FROM known, history
                WHERE history.holds AND clients = 0
                ON CONFLICT DO NOTHING
            )
            SELECT holds FROM history""", MINE, CheckedPosition.history(4));

    private static final String DELETE = String.format(Locale.ROOT, """
            WITH deleted AS (
                DELETE FROM {schema}.resume_tokens WHERE %s RETURNING client_name
            ), forgotten AS (
                DELETE FROM {schema}.handled_changes WHERE client_name IN (SELECT client_name FROM deleted)
            )
            SELECT count(*) FROM deleted""", MINE);

    private final Session session;
    private final JsonCodec json;
    private final Function<StartAt, Mono<Start>> starts;

    /**
     * Reads nothing yet.
     *
     * @param session where statements run
     * @param json reads and writes positions
     * @param starts finds the position of a start
     */
    public StoredClients(Session session, JsonCodec json, Function<StartAt, Mono<Start>> starts) {
        this.session = session;
        this.json = json;
        this.starts = starts;
    }

    /**
     * A start position.
     *
     * @param position the position
     * @param now whether it is the end of the changelog
     */
    public record Start(Position position, boolean now) {}

    @Override
    public Flux<ClientStatus> list() {
        return session.read(
                        "List the change stream clients",
                        connection -> Rows.all(
                                connection.createStatement(STATUS + " ORDER BY client.client_name"), this::readable))
                .flatMapIterable(
                        clients -> clients.stream().flatMap(Optional::stream).toList());
    }

    /** A row that something else than this library wrote must not hide the others. */
    private Optional<ClientStatus> readable(Readable row) {
        try {
            return Optional.of(status(row));
        } catch (RuntimeException e) {
            LOG.warn(
                    "Client omitted from the list because its row of resume_tokens cannot be read: "
                            + "client=\"{}\" error={}. Reset or delete the client",
                    Printable.line(String.valueOf(row.get(0, String.class))),
                    Printable.line(String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    @Override
    public Mono<ClientStatus> find(String clientName) {
        return ClientNames.using(
                clientName,
                name -> session.read(
                        "Find a change stream client",
                        connection -> Rows.one(
                                connection
                                        .createStatement(STATUS + " WHERE client.client_name = $1")
                                        .bind(0, name),
                                this::status)));
    }

    private ClientStatus status(Readable row) {
        byte[] token = get(row, 1, Json.class).asArray();
        return new ClientStatus(
                get(row, 0, String.class),
                ResumeToken.parse(Position.fromTree(json.readTree(token)).encode()),
                get(row, 2, Long.class),
                row.get(3, String.class),
                get(row, 4, Boolean.class),
                ServerTimes.readNullable(row, 5),
                ServerTimes.readNullable(row, 6),
                get(row, 7, Long.class),
                ServerTimes.readNullable(row, 8),
                get(row, 9, Boolean.class));
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }

    @Override
    public Mono<Void> reset(String clientName, StartAt to) {
        return ClientNames.using(clientName, name -> {
                    ClientNames.check(name);
                    return starts.apply(to);
                })
                .flatMap(start -> session.write(
                        "Reset the change stream client \"" + clientName + "\"",
                        connection -> Rows.one(
                                Rows.bind(
                                        connection.createStatement(MOVE),
                                        CheckedPosition.values(
                                                List.of(clientName, json(start.position()), start.now()),
                                                start.position())),
                                row -> get(row, 0, Boolean.class))))
                .flatMap(holds -> holds
                        ? Mono.empty()
                        : Mono.error(new HistoryForkedException(
                                "The database was restored or failed over while the client was reset. "
                                        + "Nothing was changed; reset it again")));
    }

    private Json json(Position position) {
        return Json.of(json.writeTree(position.toTree()));
    }

    @Override
    public Mono<Boolean> delete(String clientName) {
        return ClientNames.using(
                        clientName,
                        name -> session.write(
                                "Delete the change stream client \"" + name + "\"",
                                connection -> Rows.one(
                                        connection.createStatement(DELETE).bind(0, name),
                                        row -> get(row, 0, Long.class))))
                .map(count -> count > 0);
    }
}
