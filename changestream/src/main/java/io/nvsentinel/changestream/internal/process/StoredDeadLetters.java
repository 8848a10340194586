// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.changestream.internal.client.ClientNames;
import io.nvsentinel.changestream.processing.DeadLetter;
import io.nvsentinel.changestream.processing.DeadLetters;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.spi.Readable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The dead letters in the database. The partitions of a group, {@code name#0} and so on, count as one client. */
public final class StoredDeadLetters implements DeadLetters {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");

    private static final int PAGE = 500;

    private static final String OF_CLIENT = " (client_name = $1 OR regexp_replace(client_name, '#[0-9]+$', '') = $1)";

    private static final String COUNTS = """
            SELECT regexp_replace(client_name, '#[0-9]+$', '') AS client, count(*)
            FROM {schema}.dead_letters GROUP BY client ORDER BY client""";

    private static final String LIST = String.format(Locale.ROOT, """
            SELECT id, client_name, incarnation, position, xid, table_name, record_id, operation, timestamptz_send(changed_at),
                error_class, error_message, attempts, timestamptz_send(first_failed_at),
                timestamptz_send(last_failed_at), replay_requested
            FROM {schema}.dead_letters WHERE (position, id) > ($2, $3) AND %s ORDER BY position, id LIMIT %d""", OF_CLIENT, PAGE);

    private static final String REPLAY = "UPDATE {schema}.dead_letters SET replay_requested = true,"
            + " replay_epoch = CASE WHEN replay_requested THEN replay_epoch END WHERE ";

    private static final String DELETE = "DELETE FROM {schema}.dead_letters WHERE ";

    private final Session session;

    /**
     * Reads nothing yet.
     *
     * @param session where statements run
     */
    public StoredDeadLetters(Session session) {
        this.session = session;
    }

    @Override
    public Mono<Map<String, Long>> counts() {
        return session.read(
                        "Count the dead letters",
                        connection -> Rows.all(
                                connection.createStatement(COUNTS),
                                row -> Map.entry(get(row, 0, String.class), get(row, 1, Long.class))))
                .map(rows -> {
                    Map<String, Long> counts = new LinkedHashMap<>();
                    rows.forEach(row -> counts.put(row.getKey(), row.getValue()));
                    return Collections.unmodifiableMap(counts);
                });
    }

    @Override
    public Flux<DeadLetter> list(String clientName) {
        return Flux.defer(() -> {
            AtomicLong position = new AtomicLong(-1);
            AtomicLong id = new AtomicLong();
            AtomicLong read = new AtomicLong(PAGE);
            return ClientNames.using(clientName, name -> page(name, position.get(), id.get()))
                    .doOnNext(page -> {
                        read.set(page.size());
                        page.stream().reduce((first, last) -> last).ifPresent(last -> {
                            position.set(last.position());
                            id.set(last.id());
                        });
                    })
                    .repeat(() -> read.get() == PAGE)
                    .concatMapIterable(
                            page -> page.stream()
                                    .flatMap(listed -> Stream.ofNullable(listed.letter()))
                                    .toList(),
                            1);
        });
    }

    private Mono<List<Listed>> page(String clientName, long position, long id) {
        return session.read(
                "List the dead letters",
                connection -> Rows.all(
                        Rows.bind(connection.createStatement(LIST), List.of(clientName, position, id)),
                        StoredDeadLetters::listed));
    }

    /** A row that something else than this library wrote must not hide the others. */
    private static Listed listed(Readable row) {
        long id = get(row, 0, Long.class);
        long position = get(row, 3, Long.class);
        try {
            return new Listed(position, id, letter(row, position));
        } catch (RuntimeException e) {
            LOG.warn(
                    "Dead letter omitted from the list because its row cannot be read: id={} "
                            + "error={}. Delete the dead letter",
                    id,
                    Printable.line(String.valueOf(e.getMessage())));
            return new Listed(position, id, null);
        }
    }

    private static DeadLetter letter(Readable row, long position) {
        RowCheck check = new RowCheck(position, get(row, 4, Long.class), ServerTimes.read(row, 8));
        Position token = Position.at(get(row, 2, UUID.class), position, check);
        return new DeadLetter(
                get(row, 0, Long.class),
                get(row, 1, String.class),
                ResumeToken.parse(token.encode()),
                get(row, 5, String.class),
                row.get(6, UUID.class),
                Operation.valueOf(get(row, 7, String.class)),
                ServerTimes.read(row, 8),
                get(row, 9, String.class),
                row.get(10, String.class),
                get(row, 11, Integer.class),
                ServerTimes.read(row, 12),
                ServerTimes.read(row, 13),
                get(row, 14, Boolean.class));
    }

    private static <T> T get(Readable row, int column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type));
    }

    @Override
    public Mono<Boolean> replay(long id) {
        return write("Replay a dead letter", REPLAY + "id = $1", id).map(count -> count == 1);
    }

    @Override
    public Mono<Long> replayAll(String clientName) {
        return ClientNames.using(
                clientName, name -> write("Replay the dead letters of a client", REPLAY + OF_CLIENT, name));
    }

    @Override
    public Mono<Boolean> delete(long id) {
        return write("Delete a dead letter", DELETE + "id = $1", id).map(count -> count == 1);
    }

    @Override
    public Mono<Long> deleteAll(String clientName) {
        return ClientNames.using(
                clientName, name -> write("Delete the dead letters of a client", DELETE + OF_CLIENT, name));
    }

    private Mono<Long> write(String action, String sql, Object value) {
        return session.write(
                action,
                connection -> Rows.written(connection.createStatement(sql).bind(0, value)));
    }

    private record Listed(long position, long id, @Nullable DeadLetter letter) {}
}
