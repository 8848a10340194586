// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidRequestException;

/**
 * What documents are sorted by. Immutable.
 *
 * <p>A path is one of {@link Filter}. The record's own columns are sorted by their values. Fields of the document are
 * sorted by PostgreSQL's order of {@code jsonb}, which is total: null, and what is missing, before strings, before
 * numbers, before booleans, before arrays, before objects; an empty array at the top of the field before everything.
 * Numbers are sorted by value, false before true, strings by the database's default collation, arrays and objects first
 * by their number of elements. Fields that events define as times are sorted as such, in any stored form.
 *
 * @param path the field
 * @param descending from the greatest to the smallest
 */
public record Sort(FieldPath path, boolean descending) {

    /**
     * From the smallest to the greatest.
     *
     * @param path the field
     * @return what to sort by
     * @throws InvalidRequestException if the path is not allowed
     */
    public static Sort ascending(String path) {
        return new Sort(FieldPath.parse(path), false);
    }

    /**
     * From the greatest to the smallest.
     *
     * @param path the field
     * @return what to sort by
     * @throws InvalidRequestException if the path is not allowed
     */
    public static Sort descending(String path) {
        return new Sort(FieldPath.parse(path), true);
    }
}
