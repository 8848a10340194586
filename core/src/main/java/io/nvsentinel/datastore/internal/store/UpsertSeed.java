// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import io.nvsentinel.datastore.query.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a new document of an upsert is made of: the values its filter demands by equality, then the update.
 *
 * @param id the id the filter demands, or null
 * @param update sets the values, then does what the caller's update does
 */
record UpsertSeed(@Nullable UUID id, Update update) {

    static UpsertSeed of(Filter filter, Update update, FieldMap fields) {
        List<Filter.Compare> equalities = new ArrayList<>();
        collect(filter, equalities);
        List<Update.Operation> operations = new ArrayList<>();
        UUID id = null;
        for (Filter.Compare equality : equalities) {
            if (FieldSql.isColumn(equality.path(), fields)) {
                id = id(equality, fields);
            } else if (equality.value() instanceof List || !FieldSql.isInArray(equality.path(), fields)) {
                // An element of an array makes no document that can be read; the update has to add it.
                operations.add(new Update.Set(equality.path(), equality.value()));
            }
        }
        update.operations()
                .forEach(each -> operations.add(
                        each instanceof Update.SetOnInsert set ? new Update.Set(set.path(), set.value()) : each));
        return new UpsertSeed(id, new Update(operations));
    }

    /** What is demanded in any case: not what stands below an or or a not. */
    private static void collect(Filter filter, List<Filter.Compare> equalities) {
        if (filter instanceof Filter.And and) {
            and.filters().forEach(each -> collect(each, equalities));
        } else if (filter instanceof Filter.Compare compare
                && compare.comparison() == Comparison.EQ
                && compare.value() != null) {
            equalities.add(compare);
        }
    }

    private static UUID id(Filter.Compare equality, FieldMap fields) {
        if (!FieldSql.isId(equality.path(), fields)) {
            throw new InvalidRequestException("an upsert cannot set the " + equality.path()
                    + "of a new record, because the database sets it; remove it from the filter");
        }
        return UUID.fromString(String.valueOf(equality.value()));
    }
}
