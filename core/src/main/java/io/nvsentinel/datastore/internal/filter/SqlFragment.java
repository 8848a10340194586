// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import java.util.List;

/**
 * A piece of SQL and what it binds. No text of a caller is in the SQL.
 *
 * @param sql an expression with parameters {@code $n}
 * @param bindings the values of the parameters, in order, none null; each is of a class the driver binds
 */
public record SqlFragment(String sql, List<Object> bindings) {

    /** Copies the bindings. */
    public SqlFragment {
        bindings = List.copyOf(bindings);
    }
}
