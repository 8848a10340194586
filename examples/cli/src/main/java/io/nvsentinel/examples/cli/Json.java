// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What {@code --json} prints: an object a line, with the names in the order in which they were put. */
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /**
     * Writes an object.
     *
     * @param values names and values: strings, numbers, booleans, null, and lists and maps of these
     * @return one line
     */
    public static String line(Map<String, ? extends @Nullable Object> values) {
        return MAPPER.writeValueAsString(values);
    }
}
