// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.watch;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.examples.cli.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A change as a line of JSON; the names are a part of the tool's interface. */
final class ChangeJson {

    private ChangeJson() {}

    static String line(ChangeEvent<Map<String, @Nullable Object>> change) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("operation", change.operation().name().toLowerCase(Locale.ROOT));
        values.put("collection", change.collection());
        values.put(
                "recordId", change.recordId() == null ? null : change.recordId().toString());
        values.put("changedAt", change.changedAt().toString());
        values.put("transactionId", change.transactionId());
        values.put("document", change.hasAfter() ? change.after() : null);
        values.put("before", change.hasBefore() ? change.before() : null);
        if (change.operation() == Operation.UPDATE && change.hasBefore() && change.hasAfter()) {
            values.put("updatedFields", change.updatedFields());
            values.put("removedFields", List.copyOf(change.removedFields()));
        }
        values.put("resumeToken", change.resumeToken().encode());
        return Json.line(values);
    }
}
