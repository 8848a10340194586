// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.update;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.JsonValues;
import io.nvsentinel.datastore.query.FieldPath;

/** What the operations of an update check when they are made. */
public final class UpdateChecks {

    private UpdateChecks() {}

    /**
     * Checks a path.
     *
     * @param path the path
     * @throws InvalidRequestException if it is empty
     */
    public static void path(FieldPath path) {
        if (path.names().isEmpty()) {
            throw new InvalidRequestException("an update requires a field; the empty path is the whole document");
        }
    }

    /**
     * Checks that a value can be moved from one path to another.
     *
     * @param from the one
     * @param to the other
     * @throws InvalidRequestException if they are the same, or one lies inside the other
     */
    public static void apart(FieldPath from, FieldPath to) {
        if (overlap(from, to)) {
            throw new InvalidRequestException("rename from " + from + " to " + to + ": one contains the other");
        }
    }

    /**
     * Whether two paths are the same, or one lies inside the other.
     *
     * @param one a path
     * @param other a path
     * @return false if a value can be at each of them
     */
    static boolean overlap(FieldPath one, FieldPath other) {
        int shorter = Math.min(one.names().size(), other.names().size());
        return one.names().subList(0, shorter).equals(other.names().subList(0, shorter));
    }

    /**
     * Checks an amount.
     *
     * @param path the field, for errors
     * @param amount what the caller gave
     * @return the amount, exact
     * @throws InvalidRequestException if it is no number JSON can hold
     */
    public static Number amount(FieldPath path, Number amount) {
        if (JsonValues.normalize(path, amount) instanceof Number number) {
            return number;
        }
        throw new InvalidRequestException(path + ": inc requires a number");
    }
}
