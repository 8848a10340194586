// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.internal.filter.Binder;

/** What documents have to satisfy beside a filter, in terms that only the server knows, such as its clock. */
@FunctionalInterface
interface Condition {

    /** Nothing more. */
    Condition NONE = binder -> "TRUE";

    /** A condition without side effects; values are bound. */
    String render(Binder binder);
}
