// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Says in a few words what a change changed. */
final class ChangeText {

    private ChangeText() {}

    static String node(ChangeEvent<HealthEventDocument> change) {
        HealthEventDocument document = change.after() == null ? change.before() : change.after();
        return document == null ? "" : document.event().nodeName();
    }

    static String of(ChangeEvent<HealthEventDocument> change) {
        HealthEventDocument document = change.after();
        return switch (change.operation()) {
            case INSERT, SNAPSHOT -> document == null ? "" : event(document.event());
            case UPDATE -> update(change.before(), document, change);
            case DELETE -> "deleted";
            case TRUNCATE -> "every event deleted";
        };
    }

    private static String event(HealthEvent event) {
        if (!event.message().isEmpty()) {
            return event.message();
        }
        return event.checkName() + (event.isHealthy() ? " is well" : " failed");
    }

    private static String update(
            @Nullable HealthEventDocument before,
            @Nullable HealthEventDocument after,
            ChangeEvent<HealthEventDocument> change) {
        List<String> parts = new ArrayList<>();
        if (before != null && after != null) {
            HealthEventStatus was = before.status();
            HealthEventStatus is = after.status();
            compare(
                    parts,
                    "nodequarantined",
                    was.nodeQuarantined().value(),
                    is.nodeQuarantined().value());
            compare(
                    parts,
                    "userpodsevictionstatus",
                    was.userPodsEvictionStatus().status().value(),
                    is.userPodsEvictionStatus().status().value());
            compare(parts, "faultremediated", was.faultRemediated(), is.faultRemediated());
        }
        return parts.isEmpty() ? String.join(", ", change.updatedFields().keySet()) : String.join(", ", parts);
    }

    private static void compare(List<String> parts, String name, @Nullable Object was, @Nullable Object is) {
        if (!Objects.equals(was, is)) {
            parts.add(name + ": " + shown(was) + " -> " + shown(is));
        }
    }

    private static Object shown(@Nullable Object value) {
        return value == null || value.equals("") ? "(none)" : value;
    }
}
