// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One statement that stores positions, renews leases and checks ownership for any number of owned client names. Each row is
 * judged by itself: whether its position is one of this changelog, and whether its owner still has the newest epoch.
 */
final class OwnerStatement {

    /** How long the answer for several owners may take: a third of the default lease. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    /** Actions are the values of a meter's tag, so they do not say how many clients there are. */
    private static final String STORE_ACTION = "Store the positions of change stream clients";

    private static final String KEEP_ACTION = "Keep change stream clients";

    private static final String DUE = """
            WITH due AS MATERIALIZED (
                SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS int8[]), CAST($3 AS text[]), CAST($4 AS int8[]),
                        CAST($5 AS text[]), CAST($6 AS int8[]), CAST($7 AS int8[]), CAST($8 AS text[]), CAST($9 AS int8[]))
                    WITH ORDINALITY AS due (client_name, epoch, token, lease, incarnation, position, row_id, row_xid, row_time, place)
            ), judged AS MATERIALIZED (
                SELECT due.*, known.epoch AS known_epoch, state.incarnation = CAST(due.incarnation AS uuid) AND CASE
                    WHEN row_id < 0 THEN due.position < state.oldest_id
                    ELSE coalesce(
                        (SELECT xid = CAST(row_xid AS xid8) AND timestamptz_send(changed_at) = int8send(row_time)
                            FROM {schema}.datastore_changelog WHERE id = row_id),
                        row_id < state.oldest_id)
                    END AS holds
                FROM due
                CROSS JOIN {schema}.datastore_changelog_state AS state
                LEFT JOIN {schema}.resume_tokens AS known ON known.client_name = due.client_name
            )""";

    /** Locked by another transaction, such as one that moves the client: it would hold up all other owners. */
    private static final String FREE = """
            , free AS MATERIALIZED (
                SELECT judged.place FROM judged JOIN {schema}.resume_tokens AS client USING (client_name)
                WHERE judged.holds AND judged.lease > 0 AND client.epoch = judged.epoch
                FOR NO KEY UPDATE OF client SKIP LOCKED
            )""";

    private static final String WITHOUT_WAITING = " AND EXISTS (SELECT FROM free WHERE free.place = judged.place)";

    /** A position moves forwards only: a statement whose answer came too late may still arrive after its successor. */
    private static final String KEPT = """
            , kept AS (
                UPDATE {schema}.resume_tokens AS client
                SET resume_token = CASE WHEN judged.token <> '' AND client.position <= judged.position
                        THEN CAST(judged.token AS jsonb) ELSE client.resume_token END,
                    last_updated = CASE WHEN judged.token <> '' THEN now() ELSE client.last_updated END,
                    last_seen = clock_timestamp(),
                    leased_until = clock_timestamp() + judged.lease * interval '1 millisecond'
                FROM judged
                WHERE client.client_name = judged.client_name AND client.epoch = judged.epoch AND judged.holds AND judged.lease > 0""";

    private static final String RETURNING = """

                RETURNING judged.place, client.client_name, client.position, judged.token <> '' AS stored
            )""";

    private static final String FORGOTTEN = """
            , forgotten AS (
                DELETE FROM {schema}.handled_changes AS handled USING kept
                WHERE kept.stored AND handled.client_name = kept.client_name AND handled.position <= kept.position
            )""";

    private static final String ANSWER = """

            SELECT judged.place, judged.holds, judged.known_epoch, kept.place IS NOT NULL
            FROM judged LEFT JOIN kept USING (place)""";

    private static final String STORE_SEVERAL = DUE + FREE + KEPT + WITHOUT_WAITING + RETURNING + FORGOTTEN + ANSWER;

    /** Waits for nothing: it uses no table but the clients', of which it leaves out what is locked. */
    private static final String RENEW_SEVERAL = DUE + FREE + KEPT + WITHOUT_WAITING + RETURNING + ANSWER;

    private static final String FOR_ONE = DUE + KEPT + RETURNING + FORGOTTEN + ANSWER;

    private static final long NO_LEASE = 0;
    private static final long NO_ROW = -1;

    private final Connections connections;
    private final JsonCodec json;

    OwnerStatement(Connections connections, JsonCodec json) {
        this.connections = connections;
        this.json = json;
    }

    /**
     * What is to be done for one owner; always also a check that it still is the owner and that its position holds.
     *
     * @param owned the name
     * @param token how far the client is; its row is known
     * @param store whether to store that position; then the lease is renewed too
     * @param leaseDuration for how long to renew the lease; null to leave it as it is
     */
    record Request(
            Owned owned,
            Position token,
            boolean store,
            @Nullable Duration leaseDuration) {

        static Request store(Owned owned, Position token, Duration lease) {
            return new Request(owned, token, true, lease);
        }

        static Request renew(Owned owned, Position token, Duration lease) {
            return new Request(owned, token, false, lease);
        }

        static Request check(Owned owned, Position token) {
            return new Request(owned, token, false, null);
        }
    }

    /**
     * What became of one request.
     *
     * @param error why it was not done; null if it was done or is busy
     * @param isBusy whether another transaction has locked the client, so that nothing was done
     */
    record Answer(@Nullable Throwable error, boolean isBusy) {

        static final Answer BUSY = new Answer(null, true);
    }

    /**
     * Stores the positions of several owners. What another transaction has locked is left out, and answered as busy.
     *
     * @param requests one for each owner
     * @return cold; emits an answer for each request, in order; fails if nothing was done
     */
    Mono<List<Answer>> storeAll(List<Request> requests) {
        return connections.write(STORE_ACTION, ANSWER_WITHIN, run(STORE_SEVERAL, requests));
    }

    /**
     * Renews the leases of several owners, or checks them, and stores nothing. Otherwise as {@link #storeAll}.
     *
     * @param requests one for each owner
     * @return cold; emits an answer for each request, in order; fails if nothing was done
     */
    Mono<List<Answer>> renewAll(List<Request> requests) {
        return connections.write(KEEP_ACTION, ANSWER_WITHIN, run(RENEW_SEVERAL, requests));
    }

    /**
     * Does what is due for one owner. Waits for transactions that have locked the client.
     *
     * @param request what is due
     * @return cold; completes when it is done; fails with {@link io.nvsentinel.changestream.ClientFencedException} if the name
     *     has another owner by now, and with {@link io.nvsentinel.changestream.HistoryForkedException} if the database was
     *     set back behind the position or the opening of the name
     */
    Mono<Void> runOne(Request request) {
        return connections
                .write(
                        "Keep the change stream client \"" + request.owned().client() + "\"",
                        run(FOR_ONE, List.of(request)))
                .flatMap(answers -> {
                    Throwable error = answers.get(0).error();
                    return error == null ? Mono.empty() : Mono.error(error);
                });
    }

    private Function<Connection, Mono<List<Answer>>> run(String sql, List<Request> requests) {
        boolean waits = sql.equals(FOR_ONE);
        return connection -> Rows.all(bound(connection.createStatement(sql), requests), Row::of)
                .flatMap(rows -> {
                    // The changelog's facts are missing, with which all rows were joined.
                    if (rows.size() != requests.size()) {
                        return Mono.error(Outages.noFacts());
                    }
                    Answer[] answers = new Answer[rows.size()];
                    rows.forEach(row -> answers[row.place()] = row.answer(requests.get(row.place()), waits));
                    return Mono.just(List.of(answers));
                });
    }

    private Statement bound(Statement statement, List<Request> requests) {
        int count = requests.size();
        String[] clients = new String[count];
        Long[] epochs = new Long[count];
        String[] tokens = new String[count];
        Long[] leases = new Long[count];
        String[] incarnations = new String[count];
        Long[] positions = new Long[count];
        Long[] rows = new Long[count];
        String[] transactions = new String[count];
        Long[] times = new Long[count];
        for (int i = 0; i < count; i++) {
            Request request = requests.get(i);
            HistoryPoint point = request.token().point();
            RowCheck row = point.row();
            clients[i] = request.owned().client();
            epochs[i] = request.owned().epoch();
            tokens[i] =
                    request.store() ? new String(json.writeTree(request.token().toTree()), StandardCharsets.UTF_8) : "";
            leases[i] = request.leaseDuration() == null
                    ? NO_LEASE
                    : request.leaseDuration().toMillis();
            incarnations[i] = point.incarnation().toString();
            positions[i] = point.id();
            rows[i] = row == null ? NO_ROW : row.id();
            transactions[i] = row == null ? "0" : Long.toUnsignedString(row.transactionId());
            times[i] = row == null ? 0L : row.changedAtMicros();
        }
        return Rows.bind(
                statement,
                List.of(clients, epochs, tokens, leases, incarnations, positions, rows, transactions, times));
    }

    /**
     * What the statement found for one request.
     *
     * @param place the request's index
     * @param holds whether the position is one of the changelog there
     * @param epoch of the name's owner as it was before; null if the name does not exist
     * @param kept whether the lease was renewed
     */
    private record Row(int place, boolean holds, @Nullable Long epoch, boolean kept) {

        static Row of(Readable row) {
            return new Row(
                    Objects.requireNonNull(row.get(0, Long.class)).intValue() - 1,
                    Objects.requireNonNull(row.get(1, Boolean.class)),
                    row.get(2, Long.class),
                    Objects.requireNonNull(row.get(3, Boolean.class)));
        }

        Answer answer(Request request, boolean waits) {
            boolean owns = epoch != null && epoch == request.owned().epoch();
            boolean done = kept || (owns && request.leaseDuration() == null);
            if (holds && owns && !done && !waits) {
                return Answer.BUSY;
            }
            return new Answer(ResumeTokens.problem(request.owned(), holds, epoch, done), false);
        }
    }
}
