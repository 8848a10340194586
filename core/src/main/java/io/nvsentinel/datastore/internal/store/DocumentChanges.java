// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.ExpiryOptions;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.UpdateResult;
import io.nvsentinel.datastore.UpsertResult;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.insert.Encoded;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Update;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * What a collection changes, each in one statement.
 *
 * @param <T> the documents' type
 */
final class DocumentChanges<T> {

    private final Session session;
    private final String name;
    private final DocumentCodec<T> codec;
    private final ChangeSql sql;
    private final StoredRows<T> rows;

    DocumentChanges(Session session, Table table, DocumentCodec<T> codec) {
        this.session = session;
        this.name = table.name();
        this.codec = codec;
        this.sql = new ChangeSql(table);
        this.rows = new StoredRows<>(table.name(), codec);
    }

    Mono<Void> updateById(UUID id, Update update) {
        return updated("Update by id in ", () -> sql.updateById(id, update))
                .flatMap(result -> found(id, result.matched()));
    }

    Mono<Void> updateById(UUID id, long version, Update update) {
        return one("Update by id in ", () -> sql.updateVersion(id, version, update), DocumentChanges::outcome)
                .flatMap(outcome -> found(id, version, outcome));
    }

    Mono<UpdateResult> updateOne(Query query, Update update) {
        return updated("Update one in ", () -> sql.updateOne(query, update));
    }

    Mono<UpdateResult> updateMany(Filter filter, Update update) {
        return updated("Update in ", () -> sql.updateMany(filter, Condition.NONE, update));
    }

    Mono<StoredDocument<T>> findAndUpdate(Query query, Update update, ReturnDocument returned) {
        return one("Find and update in ", () -> sql.findAndUpdate(query, update, returned), rows::row)
                .map(row -> {
                    if (row.undecodable() != null) {
                        throw row.undecodable().error();
                    }
                    return row.document();
                });
    }

    Mono<UpsertResult> upsert(Filter filter, Update update) {
        return one("Upsert in ", () -> sql.upsert(filter, update), DocumentChanges::upserted);
    }

    Mono<Void> replaceById(UUID id, T document) {
        return updated("Replace by id in ", () -> sql.replace(id, encoded(document)))
                .flatMap(result -> found(id, result.matched()));
    }

    Mono<Void> replaceById(UUID id, long version, T document) {
        return one(
                        "Replace by id in ",
                        () -> sql.replaceVersion(id, version, encoded(document)),
                        DocumentChanges::outcome)
                .flatMap(outcome -> found(id, version, outcome));
    }

    private Json encoded(T document) {
        return Encoded.of(codec, document).parameter();
    }

    Mono<Boolean> deleteById(UUID id) {
        return written("Delete by id in ", () -> sql.deleteById(id)).map(count -> count > 0);
    }

    Mono<Void> deleteById(UUID id, long version) {
        return one("Delete by id in ", () -> sql.deleteVersion(id, version), DocumentChanges::outcome)
                .flatMap(outcome -> found(id, version, outcome));
    }

    Mono<Boolean> deleteOne(Query query) {
        return written("Delete one in ", () -> sql.deleteOne(query)).map(count -> count > 0);
    }

    Mono<Long> deleteMany(Filter filter) {
        return written("Delete in ", () -> sql.deleteMany(filter));
    }

    Mono<Long> expire(ExpiryOptions options) {
        Mono<Long> step = written("Delete expired documents of ", () -> sql.expire(options));
        return step.expand(deleted -> deleted < options.batchSize() ? Mono.empty() : step)
                .reduce(0L, Long::sum);
    }

    static UpsertResult upserted(Readable row) {
        return new UpsertResult(
                StoredRows.required(row, 0, UUID.class),
                StoredRows.required(row, 1, Boolean.class),
                StoredRows.required(row, 2, Boolean.class));
    }

    private Mono<UpdateResult> updated(String action, Supplier<SqlFragment> fragment) {
        return one(
                action,
                fragment,
                row -> new UpdateResult(
                        StoredRows.required(row, 0, Long.class), StoredRows.required(row, 1, Long.class)));
    }

    /** Whether the record was at its version, and if not, whether there is one. */
    private record Outcome(boolean current, boolean exists) {}

    private static Outcome outcome(Readable row) {
        return new Outcome(StoredRows.required(row, 0, Boolean.class), StoredRows.required(row, 1, Boolean.class));
    }

    private Mono<Void> found(UUID id, long count) {
        return count > 0 ? Mono.empty() : Mono.error(new NotFoundException("There is no record " + id + " in " + name));
    }

    private Mono<Void> found(UUID id, long version, Outcome outcome) {
        if (outcome.current() || !outcome.exists()) {
            return found(id, outcome.current() ? 1 : 0);
        }
        return Mono.error(new ConflictException(
                "Record " + id + " in " + name + " is not at version " + version
                        + ": another transaction has changed it; read the record again and repeat the " + "decision",
                null,
                null));
    }

    private Mono<Long> written(String action, Supplier<SqlFragment> fragment) {
        return run(action, fragment, Rows::written);
    }

    private <V> Mono<V> one(String action, Supplier<SqlFragment> fragment, Function<Readable, V> mapper) {
        return run(action, fragment, statement -> Rows.one(statement, mapper));
    }

    private <V> Mono<V> run(String action, Supplier<SqlFragment> fragment, Function<Statement, Mono<V>> run) {
        return Mono.fromSupplier(fragment)
                .flatMap(rendered ->
                        session.write(action + name, connection -> run.apply(statement(connection, rendered))));
    }

    private static Statement statement(Connection connection, SqlFragment sql) {
        return Rows.bind(connection.createStatement(sql.sql()), sql.bindings());
    }
}
