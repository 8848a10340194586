// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.table;

import io.nvsentinel.datastore.internal.filter.Binder;

/** What documents have to satisfy beside a filter, in terms that only the server knows, such as its clock. */
@FunctionalInterface
public interface Condition {

    /** Nothing more. */
    Condition NONE = binder -> "TRUE";

    /**
     * A condition without side effects; values are bound.
     *
     * @param binder numbers the parameters of the statement
     * @return the expression
     */
    String render(Binder binder);
}
