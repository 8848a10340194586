// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.read.PageSql;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.internal.update.UpdateSql;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Update;
import io.r2dbc.postgresql.codec.Json;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The statements that change documents. A statement that selects one record locks it before it evaluates the change, so
 * that two concurrent writers change it one after the other.
 */
final class ChangeSql {

    private final Table table;

    ChangeSql(Table table) {
        this.table = table;
    }

    SqlFragment updateById(UUID id, Update update) {
        Binder binder = new Binder(1);
        return binder.finish(update(update, binder) + " WHERE id = " + binder.bind(id));
    }

    SqlFragment updateMany(Filter filter, Condition condition, Update update) {
        Binder binder = new Binder(1);
        return binder.finish(update(update, binder) + " WHERE " + FilterSql.render(filter, table.fields(), binder)
                + " AND " + condition.render(binder));
    }

    SqlFragment updateOne(Query query, Update update) {
        Binder binder = new Binder(1);
        return binder.finish(chosen(query, "id AS chosen_id", binder) + update(update, binder)
                + " FROM chosen WHERE id = chosen_id");
    }

    SqlFragment updateVersion(UUID id, long version, Update update) {
        Binder binder = new Binder(1);
        return outcome(update(update, binder), id, version, binder);
    }

    SqlFragment replaceVersion(UUID id, long version, Json document) {
        Binder binder = new Binder(1);
        return outcome(replace(document, binder), id, version, binder);
    }

    SqlFragment replace(UUID id, Json document) {
        Binder binder = new Binder(1);
        return binder.finish(replace(document, binder) + " WHERE id = " + binder.bind(id));
    }

    private String replace(Json document, Binder binder) {
        return "UPDATE " + table.quoted() + " SET data = " + binder.bind(document);
    }

    SqlFragment deleteVersion(UUID id, long version) {
        return outcome("DELETE FROM " + table.quoted(), id, version, new Binder(1));
    }

    SqlFragment deleteById(UUID id) {
        Binder binder = new Binder(1);
        return binder.finish("DELETE FROM " + table.quoted() + " WHERE id = " + binder.bind(id));
    }

    SqlFragment deleteOne(Query query) {
        Binder binder = new Binder(1);
        return binder.finish(chosen(query, "id AS chosen_id", binder) + "DELETE FROM " + table.quoted()
                + " USING chosen WHERE id = chosen_id");
    }

    SqlFragment deleteMany(Filter filter) {
        Binder binder = new Binder(1);
        return binder.finish(
                "DELETE FROM " + table.quoted() + " WHERE " + FilterSql.render(filter, table.fields(), binder));
    }

    SqlFragment findAndUpdate(Query query, Update update, ReturnDocument returned) {
        Binder binder = new Binder(1);
        if (returned == ReturnDocument.AFTER) {
            return binder.finish(chosen(query, "id AS chosen_id", binder) + update(update, binder)
                    + " FROM chosen WHERE id = chosen_id RETURNING " + StoredRows.COLUMNS);
        }
        String before = StoredRows.NAMES.stream()
                .map(column -> column + " AS chosen_" + column)
                .collect(Collectors.joining(", "));
        return binder.finish(chosen(query, before, binder) + update(update, binder)
                + " FROM chosen WHERE id = chosen_id RETURNING " + StoredRows.columns("chosen_", "chosen_data"));
    }

    /**
     * The columns id and whether it is new. What is inserted has to match the filter, or each call would insert another one;
     * unless the filter names the id, of which there can be one only.
     */
    SqlFragment upsert(Filter filter, Update update) {
        Binder binder = new Binder(1);
        String chosen = new PageSql(table, Query.where(filter), Condition.NONE).chosen("id AS chosen_id", binder);
        UpsertSeed seed = UpsertSeed.of(filter, update, table.fields());
        String id = seed.id() == null ? "gen_random_uuid()" : "CAST(" + binder.bind(seed.id()) + " AS uuid)";
        UpdateSql.Values added = UpdateSql.render(seed.update(), table.fields(), binder);
        String matches = seed.id() == null
                ? "{schema}.nvsentinel_require_match("
                        + FilterSql.render(filter, table.fields().overRow("made"), binder) + ")"
                : "TRUE";
        return binder.finish("WITH chosen AS MATERIALIZED (" + chosen + "), changed AS (" + update(update, binder)
                + " FROM chosen WHERE id = chosen_id RETURNING id), added AS (INSERT INTO " + table.quoted()
                + " (id, data, updated_at) SELECT id, data, updated_at FROM (SELECT *, COALESCE("
                + "{schema}.nvsentinel_instant(data -> 'createdAt'), {schema}.nvsentinel_instant(data "
                + "-> 'createdat'), now()) AS created_at"
                + " FROM (SELECT " + id + " AS id, " + added.document() + " AS data, "
                + (added.updatedAt() == null ? "now()" : added.updatedAt())
                + " AS updated_at FROM (SELECT CAST('{}' AS jsonb) AS data) AS nothing) AS seed) AS made"
                + " WHERE CASE WHEN EXISTS (SELECT FROM chosen) THEN FALSE ELSE " + matches + " END RETURNING id)"
                + " SELECT id, false FROM changed UNION ALL SELECT id, true FROM added");
    }

    private String update(Update update, Binder binder) {
        UpdateSql.Values values = UpdateSql.render(update, table.fields(), binder);
        return "UPDATE " + table.quoted() + " SET data = " + values.document()
                + (values.updatedAt() == null ? "" : ", updated_at = " + values.updatedAt());
    }

    private String chosen(Query query, String columns, Binder binder) {
        return "WITH chosen AS MATERIALIZED (" + new PageSql(table, query, Condition.NONE).chosen(columns, binder)
                + ") ";
    }

    /** Whether the statement wrote the record at this version; whether there is such a record. */
    private SqlFragment outcome(String statement, UUID id, long version, Binder binder) {
        String same = "id = " + binder.bind(id);
        return binder.finish("WITH written AS (" + statement + " WHERE " + same + " AND version = "
                + binder.bind(version) + " RETURNING 1) SELECT EXISTS (SELECT FROM written), EXISTS (SELECT FROM "
                + table.quoted() + " WHERE " + same + ")");
    }
}
