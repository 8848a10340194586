// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The node that a change is about, in each spelling in which health and maintenance events are found. */
public final class NodeName {

    private static final List<String> SPELLINGS = List.of("nodeName", "nodename");

    private NodeName() {}

    /**
     * Looks for the node's name.
     *
     * @param row the change
     * @param json reads its document
     * @return the name; empty if there is none
     */
    public static String of(ChangelogRow row, JsonCodec json) {
        byte[] document = row.after() != null ? row.after() : row.before();
        if (document == null) {
            return "";
        }
        Map<String, @Nullable Object> tree = json.readTree(document);
        String inside = tree.get("healthevent") instanceof Map<?, ?> event ? in(event) : "";
        return inside.isEmpty() ? in(tree) : inside;
    }

    private static String in(Map<?, ?> tree) {
        return SPELLINGS.stream()
                .map(tree::get)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .findFirst()
                .orElse("");
    }
}
