// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.IdempotentResult;
import io.nvsentinel.datastore.IdempotentResult.Stored;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.Table;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/** Stores documents in one statement: all of them or none. */
final class InsertSql {

    private static final String KEY = "#>> '{healthevent,metadata,idempotencyKey}'";

    /** What the function fails with that looks for a refused document. */
    private static final String ANSWER = "09000";

    private final Session session;
    private final String name;
    private final String one;
    private final String many;
    private final String idempotent;
    private final String existing;

    InsertSql(Session session, Table table) {
        this.session = session;
        this.name = table.name();
        String quoted = table.quoted();
        this.one = "INSERT INTO " + quoted + " (data) VALUES ($1) RETURNING id";
        this.many = String.format(Locale.ROOT, """
                WITH input AS MATERIALIZED (
                    SELECT gen_random_uuid() AS id, data, ordinal
                    FROM jsonb_array_elements($1) WITH ORDINALITY AS documents (data, ordinal)
                ), stored AS (
                    INSERT INTO %s (id, data) SELECT id, data FROM input ORDER BY ordinal
                )
                SELECT id FROM input ORDER BY ordinal""", quoted);
        this.idempotent = String.format(Locale.ROOT, """
                WITH input AS MATERIALIZED (
                    SELECT gen_random_uuid() AS id, data, data %2$s AS key, ordinal
                    FROM jsonb_array_elements($1) WITH ORDINALITY AS documents (data, ordinal)
                ), stored AS (
                    INSERT INTO %1$s (id, data) SELECT id, data FROM input ORDER BY ordinal
                    ON CONFLICT ((data %2$s)) WHERE (data %2$s) IS NOT NULL DO NOTHING
                    RETURNING id, data %2$s AS key
                )
                SELECT coalesce(mine.id, earlier.id, before.id), mine.id IS NULL
                FROM input
                LEFT JOIN stored AS mine ON mine.id = input.id
                LEFT JOIN stored AS earlier ON mine.id IS NULL AND earlier.key = input.key
                LEFT JOIN %1$s AS before ON mine.id IS NULL AND before.data %2$s = input.key
                ORDER BY ordinal""", quoted, KEY);
        this.existing = String.format(Locale.ROOT, """
                SELECT record.id FROM jsonb_array_elements($1) WITH ORDINALITY AS documents (data, ordinal)
                JOIN %1$s AS record ON record.data %2$s = documents.data %2$s
                ORDER BY ordinal""", quoted, KEY);
    }

    /** Whether what one statement stores stays there when the next one fails. */
    boolean isEachItsOwnTransaction() {
        return session.isEachItsOwnTransaction();
    }

    String action() {
        return "Insert into " + name;
    }

    Mono<List<UUID>> insert(List<Encoded> documents) {
        return insert(() -> documents);
    }

    /** Asks for the documents when there is a connection. */
    Mono<List<UUID>> insert(Supplier<List<Encoded>> documents) {
        return session.write(action(), connection -> {
            List<Encoded> now = documents.get();
            return now.isEmpty()
                    ? Mono.just(List.of())
                    : Rows.all(statement(connection, now), row -> StoredRows.required(row, 0, UUID.class))
                            .map(ids -> complete(ids, now.size()));
        });
    }

    /** The caller would wait without limit for an insert without an id. */
    private <T> List<T> complete(List<T> answer, int documents) {
        if (answer.size() != documents) {
            throw new OutcomeUnknownException(
                    new ErrorContext(action(), null),
                    "the server's answer has " + answer.size() + " rows for " + documents + " documents",
                    null);
        }
        return answer;
    }

    /**
     * Finds the document that the database rejects; stores none.
     *
     * @param idempotent whether documents with an existing key are omitted
     * @return cold; emits its index from 0, or nothing if none is rejected now
     */
    Mono<Long> refused(List<Encoded> documents, boolean idempotent) {
        return session.write(
                        action(),
                        connection -> Rows.written(connection
                                .createStatement("SELECT {schema}.nvsentinel_refused_document($1, $2, $3)")
                                .bind(0, name)
                                .bind(1, Encoded.parameter(documents))
                                .bind(2, idempotent)))
                .onErrorResume(
                        DatastoreException.class,
                        answer -> ANSWER.equals(answer.sqlState()) ? Mono.justOrEmpty(number(answer)) : Mono.empty());
    }

    private static Optional<Long> number(DatastoreException answer) {
        String number = answer.constraint();
        return number == null || number.isEmpty() ? Optional.empty() : Optional.of(Long.valueOf(number));
    }

    private Statement statement(Connection connection, List<Encoded> documents) {
        return documents.size() == 1
                ? connection.createStatement(one).bind(0, documents.get(0).parameter())
                : connection.createStatement(many).bind(0, Encoded.parameter(documents));
    }

    /** Stores the documents whose key does not exist yet. */
    Mono<IdempotentResult> insertNew(List<Encoded> documents) {
        return session.write(
                action(),
                connection -> Rows.all(
                                connection.createStatement(idempotent).bind(0, Encoded.parameter(documents)),
                                InsertSql::outcome)
                        .flatMap(outcomes -> complete(connection, documents, complete(outcomes, documents.size()))));
    }

    /** A record that another transaction stored while the statement ran is in its way, but not in its sight. */
    private Mono<IdempotentResult> complete(
            Connection connection, List<Encoded> documents, List<Optional<Stored>> outcomes) {
        List<Encoded> unseen = IntStream.range(0, outcomes.size())
                .filter(i -> outcomes.get(i).isEmpty())
                .mapToObj(documents::get)
                .toList();
        if (unseen.isEmpty()) {
            return Mono.just(result(outcomes, List.of()));
        }
        return Rows.all(
                        connection.createStatement(existing).bind(0, Encoded.parameter(unseen)),
                        row -> StoredRows.required(row, 0, UUID.class))
                .map(ids -> {
                    if (ids.size() < unseen.size()) {
                        throw new OutcomeUnknownException(
                                new ErrorContext(action(), null),
                                "a record with the same key was deleted meanwhile",
                                null);
                    }
                    return result(outcomes, ids);
                });
    }

    private static IdempotentResult result(List<Optional<Stored>> outcomes, List<UUID> unseen) {
        Iterator<UUID> others = unseen.iterator();
        return new IdempotentResult(outcomes.stream()
                .map(outcome -> outcome.orElseGet(() -> new Stored(others.next(), true)))
                .toList());
    }

    private static Optional<Stored> outcome(Readable row) {
        return Optional.ofNullable(row.get(0, UUID.class))
                .map(id -> new Stored(id, StoredRows.required(row, 1, Boolean.class)));
    }
}
