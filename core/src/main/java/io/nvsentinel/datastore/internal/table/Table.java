// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.table;

import io.nvsentinel.datastore.internal.filter.FieldMap;

/**
 * The table of a collection: it has the columns {@code id}, {@code created_at}, {@code updated_at}, {@code version} and
 * {@code data}.
 *
 * @param name its name
 * @param fields the names under which filters and updates find the documents' fields
 */
public record Table(String name, FieldMap fields) {

    /**
     * The name as a part of statements.
     *
     * @return the quoted name
     */
    public String quoted() {
        return Identifier.qualify(name);
    }
}
