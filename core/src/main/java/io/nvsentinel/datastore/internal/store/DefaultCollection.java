// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.Filter;
import io.nvsentinel.datastore.NotFoundException;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.Update;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.update.UpdateSql;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A collection over a table with the columns {@code id}, {@code created_at}, {@code updated_at} and {@code data}.
 *
 * @param <T> the documents' type
 */
public class DefaultCollection<T> implements DocumentCollection<T> {

    private static final int PAGE_SIZE = 500;
    private static final String COLUMNS = "id, created_at, updated_at, data";

    private final Session session;
    private final String name;
    private final DocumentCodec<T> codec;
    private final FieldMap fields;
    private final String table;

    /**
     * A collection; nothing is asked of the database yet.
     *
     * @param session lends the connection
     * @param name the table's name
     * @param codec reads and writes the documents
     * @param fields the names under which filters and updates find the documents' fields
     */
    protected DefaultCollection(Session session, String name, DocumentCodec<T> codec, FieldMap fields) {
        this.session = session;
        this.name = name;
        this.codec = codec;
        this.fields = fields;
        this.table = Identifier.quote(name);
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * What reads and writes the documents, for the change stream.
     *
     * @return the codec
     */
    public DocumentCodec<T> codec() {
        return codec;
    }

    /**
     * The names of the documents' fields, for the change stream.
     *
     * @return the field map
     */
    public FieldMap fields() {
        return fields;
    }

    @Override
    public Mono<UUID> insert(T document) {
        String sql = "INSERT INTO " + table + " (data) VALUES ($1) RETURNING id";
        return Mono.fromCallable(() -> Json.of(codec.encode(document)))
                .flatMap(data -> session.write(
                        "Insert into " + name,
                        connection -> Rows.one(
                                connection.createStatement(sql).bind(0, data), row -> required(row, UUID.class))));
    }

    @Override
    public Mono<List<UUID>> insertMany(List<T> documents) {
        if (documents.isEmpty()) {
            return Mono.just(List.of());
        }
        String sql = """
                WITH input AS MATERIALIZED (
                    SELECT gen_random_uuid() AS id, document::jsonb AS data, ordinal
                    FROM unnest($1::text[]) WITH ORDINALITY AS documents (document, ordinal)
                ), stored AS (
                    INSERT INTO %s (id, data) SELECT id, data FROM input ORDER BY ordinal
                )
                SELECT id FROM input ORDER BY ordinal""".formatted(table);
        List<T> snapshot = List.copyOf(documents);
        return Mono.fromCallable(() -> encode(snapshot))
                .flatMap(texts -> session.write(
                        "Insert " + texts.length + " documents into " + name,
                        connection -> Rows.all(
                                connection.createStatement(sql).bind(0, texts), row -> required(row, UUID.class))));
    }

    private String[] encode(List<T> documents) {
        return documents.stream()
                .map(document -> new String(codec.encode(document), StandardCharsets.UTF_8))
                .toArray(String[]::new);
    }

    @Override
    public Mono<StoredDocument<T>> findById(UUID id) {
        String sql = "SELECT " + COLUMNS + " FROM " + table + " WHERE id = $1";
        return session.read(
                "Find by id in " + name,
                connection -> Rows.one(connection.createStatement(sql).bind(0, id), this::stored));
    }

    @Override
    public Flux<StoredDocument<T>> find(Filter filter) {
        SqlFragment where = FilterSql.render(filter, fields, 1);
        return Pages.all(last -> page(where, last), PAGE_SIZE);
    }

    private Mono<List<StoredDocument<T>>> page(SqlFragment where, @Nullable StoredDocument<T> last) {
        List<Object> values = new ArrayList<>(where.bindings());
        String after = "";
        if (last != null) {
            after = " AND (created_at, id) > ($" + (values.size() + 1) + ", $" + (values.size() + 2) + ")";
            values.add(last.createdAt());
            values.add(last.id());
        }
        String sql = "SELECT " + COLUMNS + " FROM " + table + " WHERE (" + where.sql() + ")" + after
                + " ORDER BY created_at, id LIMIT " + PAGE_SIZE;
        return session.read(
                "Find in " + name,
                connection -> Rows.all(Rows.bind(connection.createStatement(sql), values), this::stored));
    }

    @Override
    public Mono<Long> count(Filter filter) {
        SqlFragment where = FilterSql.render(filter, fields, 1);
        String sql = "SELECT count(*) FROM " + table + " WHERE " + where.sql();
        return session.read(
                "Count in " + name,
                connection -> Rows.one(
                        Rows.bind(connection.createStatement(sql), where.bindings()),
                        row -> required(row, Long.class)));
    }

    @Override
    public Mono<Void> updateById(UUID id, Update update) {
        SqlFragment set = UpdateSql.render(update, fields, 2);
        List<Object> values = new ArrayList<>();
        values.add(id);
        values.addAll(set.bindings());
        String sql = "UPDATE " + table + " SET data = " + set.sql() + " WHERE id = $1";
        return writeCounting("Update by id in " + name, sql, values)
                .flatMap(count -> count == 0
                        ? Mono.error(new NotFoundException("There is no record " + id + " in " + name))
                        : Mono.empty());
    }

    @Override
    public Mono<Long> updateMany(Filter filter, Update update) {
        SqlFragment set = UpdateSql.render(update, fields, 1);
        SqlFragment where = FilterSql.render(filter, fields, set.bindings().size() + 1);
        List<Object> values = new ArrayList<>(set.bindings());
        values.addAll(where.bindings());
        String sql = "UPDATE " + table + " SET data = " + set.sql() + " WHERE " + where.sql();
        return writeCounting("Update in " + name, sql, values);
    }

    private Mono<Long> writeCounting(String action, String sql, List<?> values) {
        return session.write(action, connection -> Rows.written(Rows.bind(connection.createStatement(sql), values)));
    }

    private StoredDocument<T> stored(Readable row) {
        return new StoredDocument<>(
                get(row, 0, UUID.class),
                get(row, 1, Instant.class),
                get(row, 2, Instant.class),
                codec.decode(get(row, 3, Json.class).asArray()));
    }

    private static <V> V required(Readable row, Class<V> type) {
        return get(row, 0, type);
    }

    private static <V> V get(Readable row, int column, Class<V> type) {
        return Objects.requireNonNull(row.get(column, type));
    }
}
