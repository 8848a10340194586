// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.CheckedPosition;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The dead letters of one owner of a client name. */
public final class DeadLetterTable {

    private static final int BATCH = 100;
    private static final int CHECKED = 15;
    private static final int LONGEST_MESSAGE = 2000;

    private static final String LETTER = "id, incarnation, position, xid, table_name, record_id, operation,"
            + " timestamptz_send(changed_at), old_values, new_values";

    /** Of a change that the changelog does not have, the position may belong to another one, which is not to be mixed up. */
    private static final String PUT = "WITH " + CheckedPosition.history(16) + """
            , stored AS (
            INSERT INTO {schema}.dead_letters (client_name, incarnation, position, xid, changed_at, table_name, record_id, operation,
                old_values, new_values, error_class, error_message, attempts)
            SELECT client_name, $3::uuid, $4::bigint, $5::bigint, $6::timestamptz, $7::text, $8::uuid, $9::text,
                $10::jsonb, $11::jsonb, $12::text, $13::text, $14::integer
            FROM {schema}.resume_tokens CROSS JOIN history
            WHERE client_name = $1 AND epoch = $2 AND ($15 OR history.holds)
            ON CONFLICT ON CONSTRAINT dead_letters_change_unique DO UPDATE
            SET error_class = excluded.error_class, error_message = excluded.error_message,
                attempts = excluded.attempts + CASE WHEN $15 THEN dead_letters.attempts ELSE 0 END,
                last_failed_at = now(), replay_requested = false, replay_epoch = NULL
            RETURNING id)
            SELECT $15 OR history.holds, (SELECT count(*) FROM stored) FROM history""";

    /** What this owner has taken up and does not process is what a lost answer held. */
    private static final String CLAIM = String.format(Locale.ROOT, """
            UPDATE {schema}.dead_letters SET replay_epoch = $2
            WHERE id IN (
                    SELECT id FROM {schema}.dead_letters
                    WHERE client_name = $1 AND replay_requested
                        AND (replay_epoch IS DISTINCT FROM $2 OR id <> ALL ($3))
                    ORDER BY position LIMIT %d)
                AND EXISTS (SELECT FROM {schema}.resume_tokens WHERE client_name = $1 AND epoch = $2)
            RETURNING %s
            """, BATCH, LETTER);

    /**
     * Dead letters of partitions that no longer exist, because the group was created again with another number or the
     * name is no longer a group.
     */
    private static final String ORPHANS = String.format(Locale.ROOT, """
            SELECT %s FROM {schema}.dead_letters AS letter
            WHERE replay_requested AND regexp_replace(client_name, '#[0-9]+$', '') = $1
                AND NOT EXISTS (SELECT FROM {schema}.resume_tokens WHERE client_name = letter.client_name)
            ORDER BY position LIMIT %d""", LETTER, BATCH);

    private static final String ADOPT = """
            UPDATE {schema}.dead_letters AS letter SET client_name = $1, replay_epoch = NULL
            WHERE id = ANY ($3)
                AND EXISTS (SELECT FROM {schema}.resume_tokens WHERE client_name = $1 AND epoch = $2)
                AND NOT EXISTS (
                    SELECT FROM {schema}.dead_letters AS mine
                    WHERE mine.client_name = $1 AND mine.incarnation = letter.incarnation
                        AND mine.position = letter.position)""";

    private static final String REMOVE = "DELETE FROM {schema}.dead_letters WHERE id = $1 AND client_name = $2";

    private final Session session;
    private final Owned owned;

    /**
     * Creates the access to the table; runs no statement.
     *
     * @param session runs the statements
     * @param owned the client of the dead letters
     */
    public DeadLetterTable(Session session, Owned owned) {
        this.session = session;
        this.owned = owned;
    }

    /**
     * Stores a change as a dead letter.
     *
     * @param task the change
     * @param incarnation the changelog
     * @param error the last error
     * @param attempts how often it was attempted
     * @return cold; fails with {@link ClientFencedException} if the name has another owner by now, and with
     *     {@link HistoryForkedException} if the changelog does not have the change; may be repeated
     */
    Mono<Void> put(Task<?> task, UUID incarnation, Throwable error, int attempts) {
        return session.write("Store a dead letter", connection -> {
                    Statement statement = change(connection.createStatement(PUT), task.row(), incarnation);
                    failure(statement, error).bind(13, attempts).bind(14, task.isReplay());
                    ChangelogRow row = task.row();
                    List<Object> checked =
                            CheckedPosition.values(List.of(), Position.at(incarnation, row.id(), row.check()));
                    for (int i = 0; i < checked.size(); i++) {
                        statement.bind(CHECKED + i, checked.get(i));
                    }
                    return Rows.one(
                            statement, stored -> new Stored(get(stored, 0, Boolean.class), get(stored, 1, Long.class)));
                })
                .switchIfEmpty(Mono.error(Outages::noFacts))
                .flatMap(stored -> stored.count() == 1
                        ? Mono.empty()
                        : Mono.error(stored.holds() ? fenced() : forked(task.row())));
    }

    private record Stored(boolean holds, long count) {}

    private static HistoryForkedException forked(ChangelogRow row) {
        return new HistoryForkedException(
                "Change " + row.id() + " was received, and the changelog does not have it: the"
                        + " database was restored or failed over and lost commits. No dead letter is stored");
    }

    /** Fails with {@link ClientFencedException} if the name has another owner by now. */
    Mono<Void> requireOwner() {
        return new HandledChanges(owned).requireOwner(session);
    }

    private ClientFencedException fenced() {
        return new ClientFencedException(
                "The change stream client \"" + owned.client() + "\" has another owner; the dead letter is not stored");
    }

    private Statement change(Statement statement, ChangelogRow row, UUID incarnation) {
        statement
                .bind(0, owned.client())
                .bind(1, owned.epoch())
                .bind(2, incarnation)
                .bind(3, row.id())
                .bind(4, row.transactionId())
                .bind(5, ServerTimes.text(row.changedAt()))
                .bind(6, row.collection())
                .bind(8, row.operation().name());
        bind(statement, 7, row.recordId(), UUID.class);
        bind(statement, 9, row.before() == null ? null : Json.of(row.before()), Json.class);
        bind(statement, 10, row.after() == null ? null : Json.of(row.after()), Json.class);
        return statement;
    }

    private static Statement failure(Statement statement, Throwable error) {
        String message = error.getMessage();
        String kept = message == null || message.length() <= LONGEST_MESSAGE
                ? message
                : message.substring(0, LONGEST_MESSAGE);
        bind(statement, 12, kept, String.class);
        return statement.bind(11, error.getClass().getName());
    }

    private static <T> void bind(Statement statement, int index, @Nullable T value, Class<T> type) {
        if (value == null) {
            statement.bindNull(index, type);
        } else {
            statement.bind(index, value);
        }
    }

    /**
     * Takes up what is to be replayed and was not taken up by this owner yet, of partitions that are no more too.
     *
     * @param name the client, or the group of which it is a partition
     * @param mine which letters of partitions that are no more are this owner's
     * @param processing the ids of those that this owner has received and not processed yet
     * @return cold; emits dead letters in the order of the changes, at most 100
     */
    Mono<List<Letter>> claim(String name, Predicate<Letter> mine, Set<Long> processing) {
        return session.read(
                        "Read the dead letters of partitions that no longer exist",
                        connection ->
                                Rows.all(connection.createStatement(ORPHANS).bind(0, name), DeadLetterTable::letter))
                .map(letters -> letters.stream().filter(mine).map(Letter::id).toArray(Long[]::new))
                .filter(ids -> ids.length > 0)
                .flatMap(this::adopt)
                .then(Mono.defer(() -> claim(processing.toArray(Long[]::new))));
    }

    private Mono<Long> adopt(Long[] ids) {
        return session.write(
                "Take over the dead letters of partitions that no longer exist",
                connection -> Rows.written(
                        Rows.bind(connection.createStatement(ADOPT), List.of(owned.client(), owned.epoch(), ids))));
    }

    private Mono<List<Letter>> claim(Long[] processing) {
        return session.write(
                        "Read the dead letters to replay",
                        connection -> Rows.all(
                                Rows.bind(
                                        connection.createStatement(CLAIM),
                                        List.of(owned.client(), owned.epoch(), processing)),
                                DeadLetterTable::letter))
                .map(letters -> letters.stream()
                        .sorted(Comparator.comparing(
                                (Letter letter) -> letter.row().id()))
                        .toList());
    }

    /**
     * Removes a processed dead letter.
     *
     * @param id its id
     * @return cold; emits the number of removed rows
     */
    Mono<Long> remove(long id) {
        return session.write(
                "Remove a dead letter",
                connection -> Rows.written(Rows.bind(connection.createStatement(REMOVE), List.of(id, owned.client()))));
    }

    private static Letter letter(Readable row) {
        return new Letter(
                get(row, 0, Long.class),
                get(row, 1, UUID.class),
                new ChangelogRow(
                        get(row, 2, Long.class),
                        get(row, 3, Long.class),
                        get(row, 4, String.class),
                        row.get(5, UUID.class),
                        Operation.valueOf(get(row, 6, String.class)),
                        ServerTimes.read(row, 7),
                        true,
                        0,
                        json(row.get(8, Json.class)),
                        json(row.get(9, Json.class))));
    }

    private static byte @Nullable [] json(@Nullable Json value) {
        return value == null ? null : value.asArray();
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }

    /**
     * A dead letter to replay.
     *
     * @param id names it
     * @param incarnation which changelog it came from
     * @param row the change
     */
    public record Letter(long id, UUID incarnation, ChangelogRow row) {}
}
