// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is common to all parts of one statement: its parameters, its aliases, of which no two are equal, so that none hides
 * another, and the variables that are visible at one place.
 *
 * @param binder numbers the parameters
 * @param aliases counts the aliases
 * @param names the names of the collection's documents, which are also those of documents in variables
 * @param variables the columns that hold the variables
 */
record Scope(Binder binder, AtomicInteger aliases, FieldMap names, Map<String, String> variables) {

    static Scope of(Binder binder, FieldMap names) {
        return new Scope(binder, new AtomicInteger(), names, Map.of());
    }

    String alias() {
        return "s" + aliases.incrementAndGet();
    }

    Scope with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(variables);
        all.putAll(more);
        return new Scope(binder, aliases, names, Map.copyOf(all));
    }

    Scope over(FieldMap otherNames) {
        return new Scope(binder, aliases, otherNames, variables);
    }

    /** A variable or a part of it, which is spelled as in stored documents. */
    String variable(String name, FieldPath path) {
        String column = variables.get(name);
        if (column == null) {
            throw new InvalidRequestException("there is no variable " + name + " here; visible are "
                    + variables.keySet().stream().sorted().toList());
        }
        return path.names().isEmpty() ? column : FieldSql.value(path, names.ofVariable(column), binder);
    }
}
