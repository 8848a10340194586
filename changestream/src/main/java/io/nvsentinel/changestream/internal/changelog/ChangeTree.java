// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.filter.ChangeFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A change as the tree that filters look into: a change event of MongoDB, as far as a filter reads it. */
final class ChangeTree {

    private ChangeTree() {}

    static Map<String, @Nullable Object> of(ChangelogRow row, ChangeFilter filter, JsonCodec json) {
        Map<String, @Nullable Object> tree = new HashMap<>();
        tree.put("operationType", row.operation().name().toLowerCase(Locale.ROOT));
        tree.put("ns", Map.of("coll", row.collection()));
        tree.put("documentKey", key(row.recordId()));
        if (row.after() != null && filter.reads("fullDocument")) {
            tree.put("fullDocument", json.readTree(row.after()));
        }
        if (row.before() != null && filter.reads("fullDocumentBeforeChange")) {
            tree.put("fullDocumentBeforeChange", json.readTree(row.before()));
        }
        if (row.before() != null && row.after() != null && filter.reads("updateDescription")) {
            tree.put("updateDescription", difference(row, json));
        }
        return tree;
    }

    private static Map<String, @Nullable Object> key(@Nullable UUID recordId) {
        Map<String, @Nullable Object> key = new HashMap<>();
        key.put("_id", Objects.toString(recordId, null));
        return key;
    }

    /** The updated fields as a tree: their dotted paths lead to the same places as in the document. */
    private static Map<String, @Nullable Object> difference(ChangelogRow row, JsonCodec json) {
        DocumentDiff diff = DocumentDiff.between(
                json.readTree(Objects.requireNonNull(row.before())),
                json.readTree(Objects.requireNonNull(row.after())));
        return Map.of("updatedFields", diff.updatedTree(), "removedFields", new ArrayList<>(diff.removed()));
    }
}
