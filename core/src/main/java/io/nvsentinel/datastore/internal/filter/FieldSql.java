// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;

/** Renders single fields to SQL, for what is asked of them beside conditions: their value, and their place in an order. */
public final class FieldSql {

    private FieldSql() {}

    /**
     * The value of a field as filters compare it.
     *
     * @param path the field
     * @param map resolves the path
     * @param binder numbers the parameters of the statement
     * @return an expression of type {@code jsonb}, null if the field is missing
     */
    public static String value(FieldPath path, FieldMap map, Binder binder) {
        Field field = map.resolve(path);
        if (field instanceof Field.Document document) {
            return path.names().isEmpty() ? map.document() : new DocumentSql(binder).value(document);
        }
        Field.Record column = (Field.Record) field;
        return column.column() == RecordColumn.ID ? "to_jsonb(" + column.sql() + ")" : time(column.sql());
    }

    /** Outside the years 1 to 9999 a time has no RFC 3339 text; there it is the server's text. */
    private static String time(String column) {
        return "CASE WHEN " + column + " >= '0001-01-01T00:00:00Z' AND " + column + " < '10000-01-01T00:00:00Z'"
                + " THEN to_jsonb(to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))"
                + " ELSE to_jsonb(" + column + " AT TIME ZONE 'UTC') END";
    }

    /**
     * What a field is sorted by: a column of the record as it is; of a document the value by the order of
     * {@code jsonb}, with null for what is missing; where times are expected, the seconds since 1970.
     *
     * @param path the field
     * @param map resolves the path
     * @param binder numbers the parameters of the statement
     * @return the key
     */
    public static SortKey sortKey(FieldPath path, FieldMap map, Binder binder) {
        Field field = map.resolve(path);
        if (field instanceof Field.Record column) {
            return new SortKey(column.sql(), column.column() == RecordColumn.ID ? "uuid" : "timestamptz");
        }
        Field.Document document = (Field.Document) field;
        String value = value(path, map, binder);
        return new SortKey("COALESCE(" + (document.isTime() ? seconds(value) : value) + ", 'null')", "jsonb");
    }

    private static String seconds(String value) {
        return "to_jsonb(extract(epoch FROM {schema}.nvsentinel_instant(" + value + ")))";
    }

    /**
     * The path at which the library writes a field.
     *
     * @param path the field
     * @param map what the path means
     * @return the path in a document
     * @throws InvalidRequestException if it is a column of the record
     */
    public static FieldPath written(FieldPath path, FieldMap map) {
        if (map.resolve(path) instanceof Field.Document document) {
            return document.canonical();
        }
        throw new InvalidRequestException(path + " is a column of the record, not a field of the document");
    }

    /**
     * Whether a path means a column of the record.
     *
     * @param path the path
     * @param map what it means
     * @return false for a field of the document
     */
    public static boolean isColumn(FieldPath path, FieldMap map) {
        return map.resolve(path) instanceof Field.Record;
    }

    /**
     * Whether a path means the record's id.
     *
     * @param path the path
     * @param map what it means
     * @return false for the other columns and for fields of the document
     */
    public static boolean isId(FieldPath path, FieldMap map) {
        return map.resolve(path) instanceof Field.Record column && column.column() == RecordColumn.ID;
    }

    /**
     * Whether a path means an array that events define, or leads through one, so that a single value is one of many.
     *
     * @param path the path
     * @param map what it means
     * @return false for everything else
     */
    public static boolean isInArray(FieldPath path, FieldMap map) {
        return map.resolve(path) instanceof Field.Document document
                && (document.rest() > 0 || document.known().isArray());
    }

    /**
     * Whether a path means the time of a record's last change.
     *
     * @param path the path
     * @param map what it means
     * @return false for places in the document and for the other columns
     */
    public static boolean isUpdateTime(FieldPath path, FieldMap map) {
        return map.resolve(path) instanceof Field.Record column && column.column() == RecordColumn.UPDATED_AT;
    }

    /**
     * Whether a path means the time of a record's creation.
     *
     * @param path the path
     * @param map what it means
     * @return false for places in the document and for the other columns
     */
    public static boolean isCreationTime(FieldPath path, FieldMap map) {
        return map.resolve(path) instanceof Field.Record column && column.column() == RecordColumn.CREATED_AT;
    }

    /**
     * Something to sort by; never null.
     *
     * @param sql an expression
     * @param type its type: {@code uuid}, {@code timestamptz} or {@code jsonb}
     */
    public record SortKey(String sql, String type) {}
}
