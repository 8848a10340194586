// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.r2dbc.postgresql.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes values in the normal form of {@link JsonValues} as JSON. Independent of the application's JSON library, whose
 * settings must not change what a filter means.
 */
public final class JsonText {

    private JsonText() {}

    /**
     * Makes a parameter of type {@code jsonb}.
     *
     * @param value a value in the one form
     * @return what the driver binds
     */
    public static Json bind(@Nullable Object value) {
        return Json.of(write(value).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes JSON text.
     *
     * @param value a value in the one form
     * @return JSON
     */
    public static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        if (value instanceof String text) {
            quote(text, out);
        } else if (value instanceof List<?> list) {
            writeList(list, out);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(map, out);
        } else {
            out.append(value);
        }
    }

    private static void writeList(List<?> list, StringBuilder out) {
        String separator = "[";
        for (Object element : list) {
            out.append(separator);
            write(element, out);
            separator = ",";
        }
        out.append(list.isEmpty() ? "[]" : "]");
    }

    private static void writeMap(Map<?, ?> map, StringBuilder out) {
        String separator = "{";
        for (Map.Entry<?, ?> member : map.entrySet()) {
            out.append(separator);
            quote(String.valueOf(member.getKey()), out);
            out.append(':');
            write(member.getValue(), out);
            separator = ",";
        }
        out.append(map.isEmpty() ? "{}" : "}");
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
