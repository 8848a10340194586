// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.StoredRows.Row;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.UndecodableDocument;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The reads of a collection. A result of any length is read page by page, each with its own connection.
 *
 * @param <T> the documents' type
 */
public final class DocumentReads<T> {

    private final Session session;
    private final Table table;
    private final JsonCodec json;
    private final StoredRows<T> rows;

    /**
     * Reads of a collection.
     *
     * @param session acquires connections
     * @param table the table
     * @param codec reads the documents
     * @param json reads values that are not whole documents
     */
    public DocumentReads(Session session, Table table, DocumentCodec<T> codec, JsonCodec json) {
        this.session = session;
        this.table = table;
        this.json = json;
        this.rows = new StoredRows<>(table.name(), codec);
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#findById}.
     *
     * @param id the id
     * @return cold; emits the document, or nothing
     */
    public Mono<StoredDocument<T>> findById(UUID id) {
        String sql = "SELECT " + StoredRows.COLUMNS + " FROM " + table.quoted() + " WHERE id = $1";
        return session.read(
                "Find by id in " + table.name(),
                connection -> Rows.one(connection.createStatement(sql).bind(0, id), rows::document));
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#findOne}.
     *
     * @param query which document
     * @return cold; emits the document, or nothing
     */
    public Mono<StoredDocument<T>> findOne(Query query) {
        return find(query.limit(1), Condition.NONE).next();
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#find(Query)}.
     *
     * @param query which documents
     * @param condition what they have to satisfy beside
     * @return cold; emits the documents
     */
    public Flux<StoredDocument<T>> find(Query query, Condition condition) {
        return pages(query, condition, PageSql.Data.WHOLE, rows)
                .concatMapIterable(page -> page, 1)
                .handle((row, sink) -> {
                    if (isDecoded(row, query.onUndecodable())) {
                        sink.next(Objects.requireNonNull(row.document()));
                    }
                });
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#findPages}.
     *
     * @param query which documents
     * @return cold; emits the documents, page by page
     */
    public Flux<List<StoredDocument<T>>> findPages(Query query) {
        return pages(query, Condition.NONE, PageSql.Data.WHOLE, rows)
                .handle((page, sink) -> decode(page, query.onUndecodable(), sink));
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#findFields}.
     *
     * @param query which documents
     * @param paths which fields of them
     * @return cold; emits documents of these fields
     */
    public Flux<StoredDocument<Map<String, @Nullable Object>>> project(Query query, List<FieldPath> paths) {
        StoredRows<Map<String, @Nullable Object>> trees = new StoredRows<>(table.name(), DocumentCodec.ofTrees(json));
        return pages(query, Condition.NONE, binder -> projection(paths, binder), trees)
                .concatMapIterable(page -> page, 1)
                .map(row -> Objects.requireNonNull(row.document()));
    }

    private String projection(List<FieldPath> paths, Binder binder) {
        String document = "CAST('{}' AS jsonb)";
        for (FieldPath path : paths) {
            if (!FieldSql.isColumn(path, table.fields())) {
                String[] names = FieldSql.written(path, table.fields()).names().toArray(String[]::new);
                document = "{schema}.nvsentinel_put(" + document + ", CAST(" + binder.bind(names) + " AS text[]), "
                        + FieldSql.value(path, table.fields(), binder) + ")";
            }
        }
        return document;
    }

    private <D> Flux<List<Row<D>>> pages(Query query, Condition condition, PageSql.Data data, StoredRows<D> rowReader) {
        return pages("Find in ", query, condition, (sql, cursor) -> {
            int most = most(cursor, sql);
            return new Reading<>(
                    sql.documents(data, cursor, most), new PageRows<>(sql, most, rowReader::row, Row::size));
        });
    }

    private <R> Flux<List<R>> pages(
            String action,
            Query query,
            Condition condition,
            BiFunction<PageSql, Page.@Nullable Cursor, Reading<R>> reading) {
        return Flux.defer(() -> {
            PageSql sql = new PageSql(table, query, condition);
            return Pages.all(
                    reader(), cursor -> page(action, sql, () -> reading.apply(sql, cursor), remaining(cursor, query)));
        });
    }

    /** If the documents are too large for a page to arrive in time, the page is read again with fewer documents. */
    private <R> Mono<Page<R>> page(String action, PageSql sql, Supplier<Reading<R>> reading, long remaining) {
        return Mono.defer(() -> {
            Reading<R> page = reading.get();
            return session.read(
                            action + table.name(),
                            connection -> page.rows.of(statement(connection, page.sql), remaining))
                    .onErrorResume(UnavailableException.class, late -> {
                        int fewer = Math.min(page.rows.count(), page.rows.most() - 1) / 2;
                        if (fewer == 0 || !SqlErrors.isTimeout(late) || !session.isEachItsOwnTransaction()) {
                            return Mono.error(late);
                        }
                        sql.setPageSize(fewer);
                        return page(action, sql, reading, remaining);
                    });
        });
    }

    /** In a transaction nothing is read before it is asked for: its order is the caller's. */
    private @Nullable Scheduler reader() {
        return session.isEachItsOwnTransaction() ? Schedulers.parallel() : null;
    }

    /** How a page is read. */
    private record Reading<R>(SqlFragment sql, PageRows<R> rows) {}

    private static int most(Page.@Nullable Cursor cursor, PageSql sql) {
        return cursor == null ? sql.pageSize() : Math.min(cursor.most(), sql.pageSize());
    }

    private static long remaining(Page.@Nullable Cursor cursor, Query query) {
        return cursor == null ? query.limit() : cursor.remaining();
    }

    /** Whether there is a document; if not, it is reported, or ends the result. */
    private static boolean isDecoded(Row<?> row, @Nullable Consumer<UndecodableDocument> report) {
        UndecodableDocument undecodable = row.undecodable();
        if (undecodable == null) {
            return true;
        }
        if (report == null) {
            throw undecodable.error();
        }
        report.accept(undecodable);
        return false;
    }

    /**
     * Emits the documents of a page if there are any; documents before one that cannot be decoded are emitted before
     * the error.
     */
    private static <T> void decode(
            List<Row<T>> page,
            @Nullable Consumer<UndecodableDocument> report,
            SynchronousSink<List<StoredDocument<T>>> sink) {
        List<StoredDocument<T>> documents = new ArrayList<>(page.size());
        RuntimeException failure = null;
        try {
            for (Row<T> row : page) {
                if (isDecoded(row, report)) {
                    documents.add(Objects.requireNonNull(row.document()));
                }
            }
        } catch (RuntimeException e) {
            failure = e;
        }
        if (!documents.isEmpty()) {
            sink.next(documents);
        }
        if (failure != null) {
            sink.error(failure);
        }
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#findIds}.
     *
     * @param query which documents
     * @return cold; emits the ids
     */
    public Flux<UUID> findIds(Query query) {
        return pages(
                        "Find ids in ",
                        query,
                        Condition.NONE,
                        (sql, cursor) -> new Reading<>(
                                sql.ids(cursor),
                                new PageRows<>(
                                        sql, sql.pageSize(), row -> StoredRows.required(row, 0, UUID.class), row -> 0)))
                .concatMapIterable(page -> page, 1);
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#count(Query)}.
     *
     * @param query which documents
     * @return cold; emits how many there are
     */
    public Mono<Long> count(Query query) {
        return value("Count in ", () -> new PageSql(table, query, Condition.NONE).count(), Long.class);
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#exists}.
     *
     * @param filter which documents
     * @param condition what they have to satisfy beside
     * @return cold; emits whether there is one
     */
    public Mono<Boolean> exists(Filter filter, Condition condition) {
        return value(
                "Check existence in ",
                () -> new PageSql(table, Query.where(filter), condition).exists(),
                Boolean.class);
    }

    private <V> Mono<V> value(String action, Supplier<SqlFragment> sql, Class<V> type) {
        return Mono.defer(() -> {
            SqlFragment rendered = sql.get();
            return session.read(
                    action + table.name(),
                    connection -> Rows.one(statement(connection, rendered), row -> StoredRows.required(row, 0, type)));
        });
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#distinct}.
     *
     * @param path the field
     * @param filter of which documents
     * @return cold; emits the values
     */
    public Flux<Object> distinct(FieldPath path, Filter filter) {
        return Flux.defer(() -> Pages.all(
                        reader(),
                        cursor -> session.read(
                                        "Find values in " + table.name(),
                                        connection -> Rows.all(
                                                statement(connection, values(path, filter, cursor)),
                                                row -> StoredRows.required(row, 0, Json.class)
                                                        .asArray()))
                                .map(DocumentReads::valuePage))
                .concatMapIterable(page -> page, 1)
                .map(value -> Objects.requireNonNull(json.readTree(value).get("value"))));
    }

    private SqlFragment values(FieldPath path, Filter filter, Page.@Nullable Cursor cursor) {
        Binder binder = new Binder(1);
        String value = FieldSql.value(path, table.fields(), binder);
        String where = FilterSql.render(filter, table.fields(), binder);
        String after = cursor == null
                ? "value <> 'null'"
                : "value <> 'null' AND value > CAST("
                        + binder.bind(cursor.keys().get(0)) + " AS jsonb) -> 'value'";
        return binder.finish("SELECT jsonb_build_object('value', value) FROM (SELECT DISTINCT value FROM (SELECT "
                + value + " AS value FROM " + table.quoted() + " WHERE " + where + ") AS found WHERE " + after
                + " ORDER BY value LIMIT " + Query.DEFAULT_PAGE_SIZE + ") AS page ORDER BY value");
    }

    private static Page<byte[]> valuePage(List<byte[]> values) {
        boolean more = values.size() == Query.DEFAULT_PAGE_SIZE;
        return new Page<>(
                values,
                more
                        ? new Page.Cursor(
                                List.of(Json.of(values.get(values.size() - 1))),
                                Long.MAX_VALUE,
                                Query.DEFAULT_PAGE_SIZE)
                        : null);
    }

    private static Statement statement(Connection connection, SqlFragment sql) {
        return Rows.bind(connection.createStatement(sql.sql()), sql.bindings());
    }
}
