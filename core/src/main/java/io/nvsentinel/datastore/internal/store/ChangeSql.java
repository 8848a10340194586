// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.ExpiryOptions;
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
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The statements that change documents. Each locks the records before it computes the new documents, so that two
 * concurrent writers change a record one after the other, and writes only the documents that differ from the stored
 * ones: an update that changes nothing leaves no new version and no change event.
 */
final class ChangeSql {

    private static final String COUNTS =
            "SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM chosen WHERE changes)";

    private final Table table;

    ChangeSql(Table table) {
        this.table = table;
    }

    /** The columns: how many records were found, how many written. So for all updates and replacements without a version. */
    SqlFragment updateById(UUID id, Update update) {
        Binder binder = new Binder(1);
        Made made = made(update, binder);
        return binder.finish(made.write(byId(id, binder)) + COUNTS);
    }

    SqlFragment updateMany(Filter filter, Condition condition, Update update) {
        Binder binder = new Binder(1);
        Made made = made(update, binder);
        String matches = FilterSql.render(filter, table.fields(), binder) + " AND " + condition.render(binder);
        return binder.finish(made.write(columns -> locked(columns, matches)) + COUNTS);
    }

    SqlFragment updateOne(Query query, Update update) {
        Binder binder = new Binder(1);
        Made made = made(update, binder);
        return binder.finish(made.write(first(query, binder)) + COUNTS);
    }

    SqlFragment updateVersion(UUID id, long version, Update update) {
        Binder binder = new Binder(1);
        return outcome(made(update, binder), id, version, binder);
    }

    SqlFragment replaceVersion(UUID id, long version, Json document) {
        Binder binder = new Binder(1);
        return outcome(replacement(document, binder), id, version, binder);
    }

    SqlFragment replace(UUID id, Json document) {
        Binder binder = new Binder(1);
        Made made = replacement(document, binder);
        return binder.finish(made.write(byId(id, binder)) + COUNTS);
    }

    private Made replacement(Json document, Binder binder) {
        return new Made(new UpdateSql.Values("CAST(" + binder.bind(document) + " AS jsonb)", null));
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
        return binder.finish("WITH chosen AS MATERIALIZED ("
                + first(query, binder).apply("id AS chosen_id") + ") DELETE FROM " + table.quoted()
                + " USING chosen WHERE id = chosen_id");
    }

    /** Some of the expired documents, the oldest, but for those that are locked. */
    SqlFragment expire(ExpiryOptions options) {
        Binder binder = new Binder(1);
        return binder.finish("WITH expired AS MATERIALIZED (SELECT id AS expired_id FROM " + table.quoted()
                + " WHERE created_at < now() - " + binder.bind(options.maxAge().toMillis())
                + " * interval '1 millisecond' ORDER BY created_at, id LIMIT " + options.batchSize()
                + " FOR UPDATE SKIP LOCKED) DELETE FROM " + table.quoted() + " USING expired WHERE id = expired_id");
    }

    SqlFragment deleteMany(Filter filter) {
        Binder binder = new Binder(1);
        return binder.finish(
                "DELETE FROM " + table.quoted() + " WHERE " + FilterSql.render(filter, table.fields(), binder));
    }

    /** The columns of {@link StoredRows#COLUMNS}, of the record before or after. */
    SqlFragment findAndUpdate(Query query, Update update, ReturnDocument returned) {
        Binder binder = new Binder(1);
        Made made = made(update, binder);
        String before = "SELECT " + StoredRows.columns("chosen_", "chosen_data") + " FROM chosen";
        String after = "SELECT " + StoredRows.COLUMNS + " FROM written UNION ALL " + before + " WHERE NOT changes";
        return binder.finish(
                made.writeReturning(first(query, binder)) + (returned == ReturnDocument.AFTER ? after : before));
    }

    /**
     * The columns id, whether it is new and whether it was changed. What is inserted has to match the filter, or each
     * call would insert another one; unless the filter names the id, of which there can be one only.
     */
    SqlFragment upsert(Filter filter, Update update) {
        Binder binder = new Binder(1);
        Made made = made(update, binder);
        UpsertSeed seed = UpsertSeed.of(filter, update, table.fields());
        String id = seed.id() == null ? "gen_random_uuid()" : "CAST(" + binder.bind(seed.id()) + " AS uuid)";
        UpdateSql.Values added = UpdateSql.render(seed.update(), table.fields(), binder);
        String matches = seed.id() == null
                ? "{schema}.nvsentinel_require_match("
                        + FilterSql.render(filter, table.fields().overRow("made"), binder) + ")"
                : "TRUE";
        return binder.finish(made.writing(first(Query.where(filter), binder), "") + ", added AS (INSERT INTO "
                + table.quoted() + " (id, data, updated_at) SELECT id, data, updated_at FROM (SELECT *, COALESCE("
                + "{schema}.nvsentinel_instant(data -> 'createdAt'), {schema}.nvsentinel_instant(data "
                + "-> 'createdat'), now()) AS created_at"
                + " FROM (SELECT " + id + " AS id, " + added.document() + " AS data, "
                + (added.updatedAt() == null ? "now()" : added.updatedAt())
                + " AS updated_at FROM (SELECT CAST('{}' AS jsonb) AS data) AS nothing) AS seed) AS made"
                + " WHERE CASE WHEN EXISTS (SELECT FROM chosen) THEN FALSE ELSE " + matches + " END RETURNING id)"
                + " SELECT chosen_id, false, changes FROM chosen UNION ALL SELECT id, true, false FROM added");
    }

    private Made made(Update update, Binder binder) {
        return new Made(UpdateSql.render(update, table.fields(), binder));
    }

    /** Selects the records to change, locked; given the columns to select. */
    private interface Choice extends UnaryOperator<String> {}

    private Choice byId(UUID id, Binder binder) {
        String same = "id = " + binder.bind(id);
        return columns -> locked(columns, same);
    }

    private Choice first(Query query, Binder binder) {
        PageSql page = new PageSql(table, query, Condition.NONE);
        return columns -> page.chosen(columns, binder);
    }

    private String locked(String columns, String condition) {
        return "SELECT " + columns + " FROM " + table.quoted() + " WHERE " + condition + " FOR UPDATE";
    }

    /** Whether the statement found the record at this version; whether there is such a record. */
    private SqlFragment outcome(Made made, UUID id, long version, Binder binder) {
        String same = "id = " + binder.bind(id);
        String current = same + " AND version = " + binder.bind(version);
        return binder.finish(made.write(columns -> locked(columns, current))
                + "SELECT EXISTS (SELECT FROM chosen), EXISTS (SELECT FROM " + table.quoted() + " WHERE " + same + ")");
    }

    /** Whether the statement wrote the record at this version; whether there is such a record. */
    private SqlFragment outcome(String statement, UUID id, long version, Binder binder) {
        String same = "id = " + binder.bind(id);
        return binder.finish("WITH written AS (" + statement + " WHERE " + same + " AND version = "
                + binder.bind(version) + " RETURNING 1) SELECT EXISTS (SELECT FROM written), EXISTS (SELECT FROM "
                + table.quoted() + " WHERE " + same + ")");
    }

    /**
     * New values of records. The values are computed once, from the locked version of the record, and whether they differ
     * is decided on that version too: the snapshot may still show an older one.
     */
    private final class Made {

        private final UpdateSql.Values values;

        Made(UpdateSql.Values values) {
            this.values = values;
        }

        /** The statement's first parts, before the select list of its result. */
        String write(Choice choice) {
            return writing(choice, "") + " ";
        }

        /** As {@link #write}; both parts have all columns of the records. */
        String writeReturning(Choice choice) {
            return writing(choice, " RETURNING " + String.join(", ", StoredRows.NAMES)) + " ";
        }

        /** The parts {@code chosen} (the records before the change, and whether it {@code changes} them) and {@code written}. */
        String writing(Choice choice, String returning) {
            String before = StoredRows.NAMES.stream()
                    .map(column -> column + " AS chosen_" + column)
                    .collect(Collectors.joining(", "));
            String time = values.updatedAt();
            return "WITH chosen AS MATERIALIZED (SELECT " + (returning.isEmpty() ? "chosen_id, made" : "*")
                    + ", chosen_data <> made"
                    + (time == null ? "" : " OR chosen_updated_at <> " + time) + " AS changes FROM ("
                    + choice.apply(before + ", " + values.document() + " AS made") + ") AS locked), written AS (UPDATE "
                    + table.quoted() + " SET data = made" + (time == null ? "" : ", updated_at = " + time)
                    + " FROM chosen WHERE id = chosen_id AND changes" + returning + ")";
        }
    }
}
