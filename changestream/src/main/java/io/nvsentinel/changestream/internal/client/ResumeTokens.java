// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientOwnedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.OwnershipPolicy;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.processing.GroupMismatchException;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** The stored positions and the owners of named clients. */
public final class ResumeTokens {

    /** How long an owner is believed to be alive after its last sign of life. */
    public static final Duration LEASE = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.client");
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final Duration GIVE_UP_WITHIN = Duration.ofSeconds(10);

    /**
     * An epoch is drawn before it is taken: if an owner no longer wants a name while its statement is on its way, and the
     * statement arrives after that of a later owner, it takes nothing from the later owner. Above the stored epoch even if
     * the sequence was left behind when the tables were moved. The sequence leaves the lower 32 bits free, for a random number:
     * after a failover that lost an opening the next one draws from the same place, and must not be taken for the lost one.
     */
    private static final String DRAW = """
            WITH drawn AS MATERIALIZED (SELECT nextval('{schema}.resume_tokens_epoch_seq') AS epoch)
            SELECT floor(random() * 4294967295)::bigint + greatest(drawn.epoch, (
                SELECT max(nextval('{schema}.resume_tokens_epoch_seq')) FROM generate_series(
                    drawn.epoch >> 32,
                    (SELECT stored.epoch >> 32 FROM {schema}.resume_tokens AS stored WHERE client_name = $1))))
            FROM drawn""";

    private static final String OWNED =
            " SET epoch = $4, owner = $2, fresh = false, last_seen = clock_timestamp(), leased_until = %1$s";

    /** What was drawn from the same place of the sequence is of another history, and not later. */
    private static final String MAY_OWN = " resume_tokens.epoch >> 32 < CAST($4 AS bigint) >> 32"
            + " AND ($3 OR resume_tokens.leased_until IS NULL OR resume_tokens.leased_until < clock_timestamp())"
            + " RETURNING epoch, resume_token";

    private static final String OPEN =
            "UPDATE {schema}.resume_tokens" + OWNED + " WHERE client_name = $1 AND" + MAY_OWN;

    private static final String CREATE = "WITH " + CheckedPosition.history(6) + " INSERT INTO {schema}.resume_tokens"
            + " (client_name, owner, last_seen, leased_until, epoch, resume_token)"
            + " SELECT $1, $2, clock_timestamp(), %1$s, $4, $5"
            + " FROM history WHERE history.holds AND NOT EXISTS (SELECT FROM {schema}.resume_tokens "
            + "WHERE group_name = $1)"
            + " ON CONFLICT (client_name) DO UPDATE" + OWNED + " WHERE" + MAY_OWN;

    /** No name if the owner no longer exists. */
    private static final String OWNER = """
            SELECT CASE WHEN leased_until >= clock_timestamp()
                THEN coalesce(owner, 'an unknown process') || ', last seen at ' || last_seen END
            FROM {schema}.resume_tokens WHERE client_name = $1""";

    private static final String PARTITIONS = "SELECT count(*) FROM {schema}.resume_tokens WHERE group_name = $1";

    /** What became of a statement: how many rows it wrote, whether its position is one of this changelog, the epoch before. */
    private static final String OUTCOME = " SELECT (SELECT count(*) FROM %s), history.holds, (SELECT epoch FROM "
            + "{schema}.resume_tokens WHERE client_name = $1)"
            + " FROM history";

    /** Forwards only: a cancelled statement may still arrive after its successor. */
    private static final String STORE =
            "WITH " + CheckedPosition.history(4) + """
            , stored AS (
                UPDATE {schema}.resume_tokens
                SET resume_token = CASE WHEN history.holds AND position <= $5 THEN $3 ELSE resume_token END,
                    last_updated = now(), last_seen = clock_timestamp(), leased_until = %s
                FROM history
                WHERE client_name = $1 AND epoch = $2
                RETURNING client_name, position
            ), forgotten AS (
                DELETE FROM {schema}.handled_changes AS handled USING stored
                WHERE handled.client_name = stored.client_name AND handled.position <= stored.position
            )""" + String.format(Locale.ROOT, OUTCOME, "stored");

    /** What was handled stays handled, but the ids of another changelog mean nothing in this one. */
    private static final String RESTART =
            "WITH " + CheckedPosition.history(4) + """
            , earlier AS (
                SELECT client_name, resume_token ->> 'incarnation' = $4::text AS same
                FROM {schema}.resume_tokens WHERE client_name = $1
            ), moved AS (
                UPDATE {schema}.resume_tokens SET resume_token = $3, last_updated = now()
                FROM history
                WHERE client_name = $1 AND epoch = $2 AND history.holds
                RETURNING client_name
            ), forgotten AS (
                DELETE FROM {schema}.handled_changes AS handled USING moved JOIN earlier USING (client_name)
                WHERE handled.client_name = moved.client_name AND (handled.position <= $5 OR NOT earlier.same)
            )""" + String.format(Locale.ROOT, OUTCOME, "moved");

    /** With a new epoch, so that what was sent before on another connection and arrives later leases nothing. */
    private static final String NOT_OWNED = "NULL, epoch = nextval('{schema}.resume_tokens_epoch_seq')";

    private static final String GIVE_UP = String.format(
            Locale.ROOT,
            "UPDATE {schema}.resume_tokens SET leased_until = %s WHERE client_name = $1 AND epoch = $2",
            NOT_OWNED);

    /** The name is released even if this changelog does not contain the position; the client continues from the one stored here. */
    private static final String RELEASE = String.format(Locale.ROOT, STORE, NOT_OWNED);

    private final Connections connections;
    private final JsonCodec json;
    private final String owner;
    private final Scheduler timer;
    private final Duration lease;
    private final OwnerRounds rounds;

    /**
     * Creates the access to stored positions, whose lease duration is {@link #LEASE}.
     *
     * @param connections the connections
     * @param json reads and writes positions
     * @param owner describes this process, for operators
     * @param timer provides delays
     */
    public ResumeTokens(Connections connections, JsonCodec json, String owner, Scheduler timer) {
        this(connections, json, owner, timer, LEASE, new OwnerRounds(connections, json, timer));
    }

    private ResumeTokens(
            Connections connections,
            JsonCodec json,
            String owner,
            Scheduler timer,
            Duration lease,
            OwnerRounds rounds) {
        this.connections = connections;
        this.json = json;
        this.owner = owner;
        this.timer = timer;
        this.lease = lease;
        this.rounds = rounds;
    }

    /**
     * The same positions, owned for another time.
     *
     * @param other how long an owner is believed to be alive after its last sign of life
     * @return where to open names
     */
    public ResumeTokens leasedFor(Duration other) {
        return new ResumeTokens(connections, json, owner, timer, other, rounds);
    }

    /**
     * What keeps the owners of this process.
     *
     * @return one for all names, regardless of their lease
     */
    public OwnerRounds rounds() {
        return rounds;
    }

    /** How long an owner is believed to be alive. */
    Duration lease() {
        return lease;
    }

    private String leased(String sql) {
        return String.format(Locale.ROOT, sql, leasedUntil());
    }

    private String leasedUntil() {
        return "clock_timestamp() + interval '" + lease.toMillis() + " milliseconds'";
    }

    /**
     * Makes the caller the owner of a name.
     *
     * @param client the name
     * @param ownershipPolicy what to do while another one owns it
     * @param initial where a new client starts; stored immediately, so that the client keeps its start
     * @param holding receives the ownership of the name
     * @return cold; emits the start position and the ownership; fails with {@link ClientOwnedException} if the name has
     *     an owner and that is what was asked for
     */
    public Mono<Owned> open(
            String client, OwnershipPolicy ownershipPolicy, Mono<Position> initial, ReleasableHandle holding) {
        Mono<Owned> create = Mono.defer(() -> refuseGroup(client))
                .switchIfEmpty(initial.flatMap(token -> owned(client, CREATE, ownershipPolicy, token, holding)));
        Mono<Owned> attempt = Mono.defer(() -> owned(client, OPEN, ownershipPolicy, null, holding))
                .switchIfEmpty(Mono.defer(() -> owner(client))
                        .map(other -> refused(client, ownershipPolicy, other))
                        .defaultIfEmpty(create)
                        .flatMap(next -> next))
                // Another was quicker, and may have gone again.
                .repeatWhenEmpty(attempts -> attempts);
        return ownershipPolicy == OwnershipPolicy.FAIL
                ? attempt
                : attempt.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK_AGAIN)
                        .scheduler(timer)
                        .filter(ClientOwnedException.class::isInstance));
    }

    /** Otherwise the members of the group and the new owner would handle the same changes twice. */
    private Mono<Owned> refuseGroup(String client) {
        return connections
                .read(
                        "Check for a group \"" + client + "\"",
                        connection -> Rows.one(
                                connection.createStatement(PARTITIONS).bind(0, client),
                                row -> Objects.requireNonNull(row.get(0, Long.class))))
                .flatMap(count -> count == 0
                        ? Mono.empty()
                        : Mono.error(new GroupMismatchException(
                                "The change stream client \"" + client + "\" is a group of " + count
                                        + " partitions and can only be processed as a group",
                                count.intValue())));
    }

    /** The owner if it is alive; empty if the name does not exist. */
    private Mono<Optional<String>> owner(String client) {
        return connections.read(
                "Read the owner of the change stream client \"" + client + "\"",
                connection -> Rows.one(
                        connection.createStatement(OWNER).bind(0, client),
                        row -> Optional.ofNullable(row.get(0, String.class))));
    }

    private static Mono<Owned> refused(String client, OwnershipPolicy ownershipPolicy, Optional<String> owner) {
        return ownershipPolicy == OwnershipPolicy.TAKE_OVER
                ? Mono.empty()
                : Mono.justOrEmpty(owner)
                        .flatMap(other -> Mono.error(new ClientOwnedException(
                                "The change stream client \"" + client + "\" is owned by " + other)));
    }

    private Mono<Owned> owned(
            String client,
            String sql,
            OwnershipPolicy ownershipPolicy,
            @Nullable Position token,
            ReleasableHandle holding) {
        return drawn(client)
                .flatMap(epoch -> holding.fetch(
                        Mono.defer(() -> opening(client, sql, ownershipPolicy, token, epoch)),
                        owned -> why -> giveUp(owned)));
    }

    private Mono<Long> drawn(String client) {
        return connections.write(
                "Draw an epoch for the change stream client \"" + client + "\"",
                connection -> Rows.one(
                        connection.createStatement(DRAW).bind(0, client),
                        row -> Objects.requireNonNull(row.get(0, Long.class))));
    }

    private Mono<Owned> opening(
            String client, String sql, OwnershipPolicy ownershipPolicy, @Nullable Position token, long epoch) {
        long began = now();
        return connections.write("Open the change stream client \"" + client + "\"", connection -> {
            List<Object> values = List.of(client, owner, ownershipPolicy == OwnershipPolicy.TAKE_OVER, epoch);
            Statement statement =
                    Rows.bind(connection.createStatement(leased(sql)), token == null ? values : created(values, token));
            return Rows.one(statement, row -> owned(client, row, began));
        });
    }

    private List<Object> created(List<Object> values, Position token) {
        List<Object> all = new ArrayList<>(values);
        all.add(json(token));
        return CheckedPosition.values(all, token);
    }

    private Owned owned(String client, Readable row, long began) {
        byte[] stored = Objects.requireNonNull(row.get(1, Json.class)).asArray();
        return new Owned(
                client,
                Objects.requireNonNull(row.get(0, Long.class)),
                Position.fromTree(json.readTree(stored)),
                began);
    }

    /**
     * Stores a position a last time, and releases the name: even if the position is none of the changelog there, so that
     * the client continues from the position that is stored.
     *
     * @param owned the name
     * @param token the position; its row is known
     * @return cold; emits whether the position is stored; fails with {@link ClientFencedException} if the name has
     *     another owner by now
     */
    public Mono<Boolean> release(Owned owned, Position token) {
        return stored(owned, RELEASE, token)
                .flatMap(outcome -> outcome.holds() ? outcome.required(owned).thenReturn(true) : Mono.just(false));
    }

    /**
     * Resets the client to the position where it must restart, forwards or backwards.
     *
     * @param owned the name
     * @param token the position; its row is known
     * @return cold; fails with {@link ClientFencedException} if the name has another owner by now, and with
     *     {@link HistoryForkedException} if the database was set back meanwhile
     */
    public Mono<Void> restart(Owned owned, Position token) {
        return stored(owned, RESTART, token).flatMap(outcome -> outcome.required(owned));
    }

    /**
     * Gives a name up with its position as it was. A failure costs others the time of a lease, so it only is reported.
     *
     * @param owned the name
     * @return cold; completes when it is done, at most after ten seconds
     */
    public Mono<Void> giveUp(Owned owned) {
        return connections
                .write(
                        "Release the change stream client \"" + owned.client() + "\"",
                        connection -> Rows.written(
                                Rows.bind(connection.createStatement(GIVE_UP), List.of(owned.client(), owned.epoch()))))
                .then()
                .timeout(GIVE_UP_WITHIN, Mono.error(() -> noAnswer(GIVE_UP_WITHIN)), timer)
                .doOnError(error -> LOG.warn(
                        "Client not released: client=\"{}\"; another process can open it after its "
                                + "lease has expired: {}",
                        owned.client(),
                        Printable.line(error.toString())))
                .onErrorComplete();
    }

    /** Replaces an error that names operators of this code. */
    static UnavailableException noAnswer(Duration within) {
        return new UnavailableException("The database did not answer within " + within.toSeconds() + " s", null, null);
    }

    private Mono<Outcome> stored(Owned owned, String sql, Position token) {
        return connections.write(
                "Store the position of the change stream client \"" + owned.client() + "\"",
                connection -> Rows.one(
                                Rows.bind(
                                        connection.createStatement(sql),
                                        CheckedPosition.values(
                                                List.of(owned.client(), owned.epoch(), json(token)), token)),
                                Outcome::of)
                        .switchIfEmpty(Mono.error(Outages::noFacts)));
    }

    /**
     * What a statement found.
     *
     * @param count 1 if the name is still owned and the position holds
     * @param holds whether the position is one of the changelog there
     * @param epoch of the name's owner as it was before; null if the name does not exist
     */
    private record Outcome(
            long count, boolean holds, @Nullable Long epoch) {

        static Outcome of(Readable row) {
            return new Outcome(
                    Objects.requireNonNull(row.get(0, Long.class)),
                    Objects.requireNonNull(row.get(1, Boolean.class)),
                    row.get(2, Long.class));
        }

        Mono<Void> required(Owned owned) {
            DatastoreException problem = problem(owned, holds, epoch, count == 1);
            return problem == null ? Mono.empty() : Mono.error(problem);
        }
    }

    /**
     * Judges what a statement found. Epochs only rise: a lower one is that of an earlier owner, restored with the database.
     *
     * @param owned the name
     * @param holds whether the position is one of the changelog there
     * @param epoch of the name's owner; null if the name does not exist
     * @param done whether the owner's row was written, or seen
     * @return null if there is none
     */
    static @Nullable DatastoreException problem(Owned owned, boolean holds, @Nullable Long epoch, boolean done) {
        if (!holds || (epoch != null && epoch < owned.epoch())) {
            return new HistoryForkedException("The database was restored or failed over and lost commits:"
                    + " it does not have what the change stream client \"" + owned.client()
                    + "\" received, or its opening. The position stored there stays as it is");
        }
        return done
                ? null
                : new ClientFencedException("The change stream client \"" + owned.client()
                        + "\" was opened again elsewhere, reset or deleted, and is no longer owned by this watch");
    }

    /** Nanoseconds do not change when the clock is set. */
    private long now() {
        return TimeUnit.NANOSECONDS.toMillis(timer.now(TimeUnit.NANOSECONDS));
    }

    private Json json(Position token) {
        return Json.of(json.writeTree(token.toTree()));
    }

    /**
     * An owned client name.
     *
     * @param client the name
     * @param epoch identifies this owner among all owners of the name
     * @param token the stored position
     * @param since when opening it began, in the milliseconds of the timer's steady clock; the lease cannot be older
     */
    public record Owned(String client, long epoch, Position token, long since) {}
}
