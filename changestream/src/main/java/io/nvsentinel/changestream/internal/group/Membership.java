// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.group;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientOwnedException;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.CheckedPosition;
import io.nvsentinel.changestream.internal.client.ReleasableHandle;
import io.nvsentinel.changestream.processing.GroupMismatchException;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.postgresql.codec.Json;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** One member of a group: makes the group if it is new, and says that the member is alive. All times are the database's. */
public final class Membership {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.group");
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(10);

    /**
     * All partitions at once or none, so that all begin at the same position: where the name left off while it was not
     * shared, with what was handled behind that, or else at the given one if that is one of the changelog there. Who makes them at the same time meets them as
     * a conflict.
     */
    private static final String CREATE = "WITH " + CheckedPosition.history(5) + """
            , alone AS (
                DELETE FROM {schema}.resume_tokens
                WHERE client_name = $1 AND ($4 OR leased_until IS NULL OR leased_until < clock_timestamp())
                RETURNING resume_token, cut_off
            ), marks AS (
                DELETE FROM {schema}.handled_changes
                WHERE client_name = $1 AND EXISTS (SELECT FROM alone)
                RETURNING position
            ), kept AS (
                INSERT INTO {schema}.handled_changes (client_name, position)
                SELECT $1 || '#' || partition, marks.position FROM marks, generate_series(0, $2 - 1) AS partition
            ), made AS (
            INSERT INTO {schema}.resume_tokens (client_name, group_name, cut_off, resume_token)
            SELECT $1 || '#' || partition, $1, (SELECT cut_off FROM alone),
                coalesce((SELECT resume_token FROM alone), $3)
            FROM generate_series(0, $2 - 1) AS partition CROSS JOIN history
            WHERE NOT EXISTS (SELECT FROM {schema}.resume_tokens WHERE group_name = $1)
                AND (EXISTS (SELECT FROM alone)
                    OR history.holds AND NOT EXISTS (SELECT FROM {schema}.resume_tokens WHERE client_name = $1))
            RETURNING client_name)
            SELECT history.holds OR EXISTS (SELECT FROM made) FROM history""";

    private static final String PARTITIONS = "SELECT count(*) FROM {schema}.resume_tokens WHERE group_name = $1";

    /** A locked row belongs to a member that is renewing its membership, or that another member is removing. */
    private static final String BEAT = """
            WITH me AS (
                INSERT INTO {schema}.group_members (group_name, member, owner, leased_until)
                VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
                ON CONFLICT (group_name, member) DO UPDATE SET leased_until = excluded.leased_until
            ), dead AS (
                DELETE FROM {schema}.group_members WHERE group_name = $1 AND member IN (
                    SELECT member FROM {schema}.group_members
                    WHERE group_name = $1 AND member <> $2 AND leased_until < clock_timestamp()
                    FOR UPDATE SKIP LOCKED)
            )
            SELECT partitions.count, others.member
            FROM (SELECT count(*) FROM {schema}.resume_tokens WHERE group_name = $1) AS partitions
            LEFT JOIN {schema}.group_members AS others
                ON others.group_name = $1 AND others.member <> $2 AND others.leased_until >= clock_timestamp()""";

    private static final String LEAVE = "DELETE FROM {schema}.group_members WHERE group_name = $1 AND member = $2";

    private final Connections connections;
    private final JsonCodec json;
    private final Member member;
    private final GroupOptions options;
    private final ReleasableHandle holding;
    private final Scheduler timer;

    /**
     * Creates a membership that is not active yet.
     *
     * @param connections the connections
     * @param json writes positions
     * @param member the member and its group
     * @param options the number of partitions, and the lease duration of a member
     * @param holding releases the membership, from the first {@link #beat} on
     * @param timer provides delays
     */
    public Membership(
            Connections connections,
            JsonCodec json,
            Member member,
            GroupOptions options,
            ReleasableHandle holding,
            Scheduler timer) {
        this.holding = holding;
        this.connections = connections;
        this.json = json;
        this.member = member;
        this.options = options;
        this.timer = timer;
    }

    /**
     * A member.
     *
     * @param group the client name of the group
     * @param id identifies the member
     * @param owner describes the member, for operators
     */
    public record Member(String group, UUID id, String owner) {}

    /** Which member this is. */
    Member member() {
        return member;
    }

    /**
     * Creates the group if it does not exist, and checks its number of partitions.
     *
     * @param initial the start of all partitions if the name is new
     * @param takeOver whether to take over the name from a single owner
     * @return cold; fails with {@link GroupMismatchException} if the number differs, and with
     *     {@link ClientOwnedException} while a single owner has the name
     */
    public Mono<Void> found(Mono<Position> initial, boolean takeOver) {
        return partitions()
                .flatMap(known -> known > 0
                        ? Mono.just(known)
                        : initial.flatMap(position -> create(position, takeOver))
                                // The database was set back in between, so that the position is another one now.
                                .repeatWhenEmpty(attempts -> attempts)
                                .then(Mono.defer(this::partitions)))
                .flatMap(this::expected);
    }

    private Mono<Long> partitions() {
        return connections.read(
                "Count the partitions of the group \"" + member.group() + "\"",
                connection -> Rows.one(
                        connection.createStatement(PARTITIONS).bind(0, member.group()),
                        row -> Objects.requireNonNull(row.get(0, Long.class))));
    }

    /** Empty if the position is none of the changelog there. */
    private Mono<Boolean> create(Position position, boolean takeOver) {
        List<Object> values = CheckedPosition.values(
                List.of(member.group(), options.partitions(), Json.of(json.writeTree(position.toTree())), takeOver),
                position);
        return connections
                .write(
                        "Make the group \"" + member.group() + "\"",
                        connection -> Rows.one(
                                Rows.bind(connection.createStatement(CREATE), values),
                                row -> Objects.requireNonNull(row.get(0, Boolean.class))))
                .switchIfEmpty(Mono.error(Outages::noFacts))
                .filter(holds -> holds)
                .onErrorResume(ConflictException.class, madeByAnother -> Mono.just(true));
    }

    private Mono<Void> expected(long partitions) {
        if (partitions == 0) {
            return Mono.error(new ClientOwnedException("The change stream client \"" + member.group()
                    + "\", or a client with the name of one of its partitions, is owned by a process "
                    + "that is not a member of the group"));
        }
        return partitions == options.partitions()
                ? Mono.empty()
                : Mono.error(new GroupMismatchException(
                        "The group \"" + member.group() + "\" has " + partitions + " partitions, and not "
                                + options.partitions(),
                        (int) partitions));
    }

    /**
     * Renews this member and reads the members that are alive.
     *
     * @return cold; emits all members; fails with {@link ClientFencedException} if the group was deleted; continues
     *     when it is cancelled, so that leaving happens after it
     */
    Mono<Set<UUID>> beat() {
        return Mono.defer(() -> {
            // The server may have executed it although the response was lost.
            holding.holdInstead(() -> why -> leave());
            return holding.fetch(Mono.defer(this::sayAlive), members -> why -> leave());
        });
    }

    private Mono<Set<UUID>> sayAlive() {
        List<Object> values = List.of(
                member.group(),
                member.id(),
                member.owner(),
                options.leaseDuration().toMillis());
        return connections
                .write(
                        "Renew the membership in the group \"" + member.group() + "\"",
                        connection -> Rows.all(
                                Rows.bind(connection.createStatement(BEAT), values),
                                row -> new Seen(
                                        Objects.requireNonNull(row.get(0, Long.class)), row.get(1, UUID.class))))
                .flatMap(seen -> seen.get(0).partitions() == 0
                        ? Mono.error(new ClientFencedException(
                                "The change stream client \"" + member.group() + "\" was deleted"))
                        : expected(seen.get(0).partitions()).thenReturn(members(seen)));
    }

    private Set<UUID> members(List<Seen> seen) {
        Set<UUID> members = new HashSet<>(Set.of(member.id()));
        seen.stream().map(Seen::other).filter(Objects::nonNull).forEach(members::add);
        return members;
    }

    /** A failure costs the others the time of a lease, so it only is reported. */
    private Mono<Void> leave() {
        return connections
                .write(
                        "Leave the group \"" + member.group() + "\"",
                        connection -> Rows.written(
                                Rows.bind(connection.createStatement(LEAVE), List.of(member.group(), member.id()))))
                .then()
                .timeout(LEAVE_WITHIN, timer)
                .doOnError(error -> LOG.warn(
                        "Member could not leave its group; other members take over its "
                                + "partitions when its lease has ended",
                        error))
                .onErrorComplete();
    }

    private record Seen(long partitions, @Nullable UUID other) {}
}
