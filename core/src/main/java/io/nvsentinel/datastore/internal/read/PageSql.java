// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.query.Query;
import org.jspecify.annotations.Nullable;

/** The statements that read a query's documents. For one subscriber. */
public final class PageSql {

    private final Table table;
    private final Query query;
    private final Condition condition;
    private final Keyset keyset;
    private int pageSize;

    /**
     * The statements of a query.
     *
     * @param table where to read
     * @param query which documents, in which order
     * @param condition what they have to satisfy beside
     */
    public PageSql(Table table, Query query, Condition condition) {
        this.table = table;
        this.query = query;
        this.condition = condition;
        this.keyset = new Keyset(table.fields(), query.sorts());
        this.pageSize = (int) Math.min(query.pageSize(), query.limit());
    }

    Keyset keyset() {
        return keyset;
    }

    /**
     * The columns of {@link StoredRows#COLUMNS} of a page, and its sort keys but for the id.
     *
     * @param data what is read of each document
     * @param most how many documents
     */
    SqlFragment documents(Data data, Page.@Nullable Cursor cursor, int most) {
        Binder binder = new Binder(1);
        return binder.finish("SELECT " + StoredRows.columns("", data.render(binder) + " AS data") + keyset.times()
                + keyset.columns(binder) + rows(cursor, most, binder));
    }

    /** The column {@code id} of a page and its sort keys. */
    SqlFragment ids(Page.@Nullable Cursor cursor) {
        Binder binder = new Binder(1);
        return binder.finish("SELECT id, " + keyset.names() + keyset.times()
                + " FROM (SELECT id, created_at, updated_at" + keyset.columns(binder) + rows(cursor, pageSize(), binder)
                + ") AS page ORDER BY " + keyset.order());
    }

    private String rows(Page.@Nullable Cursor cursor, int most, Binder binder) {
        String after = cursor == null ? "" : " AND " + keyset.after(cursor.keys(), binder);
        String skip = cursor == null && query.skip() > 0 ? " OFFSET " + binder.bind(query.skip()) : "";
        return " FROM " + table.quoted() + " WHERE " + where(binder) + after + " ORDER BY " + keyset.order() + " LIMIT "
                + most + skip;
    }

    /** The same for each page of a query, so that its statements are few and can be prepared. */
    int pageSize() {
        return pageSize;
    }

    /** From now on pages are smaller. */
    void setPageSize(int documents) {
        pageSize = documents;
    }

    private String where(Binder binder) {
        return "(" + FilterSql.render(query.filter(), table.fields(), binder) + ") AND " + condition.render(binder);
    }

    /** How many documents the query has, skip and limit applied. */
    SqlFragment count() {
        Binder binder = new Binder(1);
        if (query.skip() == 0 && query.limit() == Long.MAX_VALUE) {
            return binder.finish("SELECT count(*) FROM " + table.quoted() + " WHERE " + where(binder));
        }
        return binder.finish("SELECT count(*) FROM (SELECT FROM " + table.quoted() + " WHERE " + where(binder)
                + " LIMIT " + binder.bind(query.limit()) + " OFFSET " + binder.bind(query.skip()) + ") AS counted");
    }

    /** Whether a document matches. */
    SqlFragment exists() {
        Binder binder = new Binder(1);
        return binder.finish("SELECT EXISTS (SELECT FROM " + table.quoted() + " WHERE " + where(binder) + ")");
    }

    /**
     * The first of the query's records, locked: if another writer changed it so that it does not match, the next.
     *
     * @param columns what to select of it
     * @param binder numbers the parameters of the statement
     * @return the statement
     */
    public String chosen(String columns, Binder binder) {
        return "SELECT " + columns + " FROM " + table.quoted() + " WHERE " + where(binder) + " ORDER BY "
                + keyset.plainOrder(binder) + " LIMIT 1 OFFSET " + binder.bind(query.skip()) + " FOR UPDATE";
    }

    /** What is read of a document. */
    @FunctionalInterface
    interface Data {

        /** All of it. */
        Data WHOLE = binder -> "data";

        /** An expression of type {@code jsonb}. */
        String render(Binder binder);
    }
}
