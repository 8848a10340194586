// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Numbers the parameters of one piece of SQL. */
public final class Binder {

    /** Below the protocol's 65,535, so that the statement around has room for its own. */
    private static final int MAX_BINDINGS = 60_000;

    private final int first;
    private final List<Object> bindings = new ArrayList<>();

    /**
     * Starts numbering.
     *
     * @param first the number of the first parameter, from 1
     */
    public Binder(int first) {
        this.first = first;
    }

    /**
     * Adds a value. A time is bound as text, so the statement has to cast it to {@code timestamptz}.
     *
     * @param value what to bind
     * @return its placeholder
     * @throws InvalidRequestException if there are too many, or the server cannot hold the time
     */
    public String bind(Object value) {
        if (bindings.size() >= MAX_BINDINGS) {
            throw new InvalidRequestException("a filter or update requires more than " + MAX_BINDINGS + " parameters");
        }
        bindings.add(value instanceof Instant time ? ServerTimes.text(time) : value);
        return "$" + (first + bindings.size() - 1);
    }

    /**
     * How many values there are.
     *
     * @return the number
     */
    public int size() {
        return bindings.size();
    }

    /**
     * Ends numbering.
     *
     * @param sql the SQL that holds the placeholders
     * @return both together
     */
    public SqlFragment finish(String sql) {
        return new SqlFragment(sql, bindings);
    }
}
