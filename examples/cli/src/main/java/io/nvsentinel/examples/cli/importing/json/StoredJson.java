// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tree exactly as PostgreSQL prints the stored document: {@code data::text}. So a checksum of the sent
 * document can be compared with the checksum that the server computes.
 */
public final class StoredJson {

    private final StringBuilder text = new StringBuilder(1024);

    private StoredJson() {}

    /**
     * Writes a document.
     *
     * @param document a tree of maps, lists, text, numbers, booleans and nulls that {@code jsonb} can hold
     * @return its text in UTF-8
     */
    public static byte[] write(Map<String, @Nullable Object> document) {
        StoredJson json = new StoredJson();
        json.value(document);
        return json.text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void value(@Nullable Object value) {
        if (value instanceof String string) {
            string(string);
        } else if (value instanceof Number number) {
            text.append(Numbers.text(number));
        } else if (value instanceof Map<?, ?> object) {
            object(object);
        } else if (value instanceof Collection<?> items) {
            list(items);
        } else {
            text.append(value);
        }
    }

    private void object(Map<?, ?> object) {
        List<String> keys = object.keySet().stream()
                .map(String.class::cast)
                .sorted(Text::compareKeys)
                .toList();
        String separator = "";
        text.append('{');
        for (String key : keys) {
            text.append(separator);
            string(key);
            text.append(": ");
            value(object.get(key));
            separator = ", ";
        }
        text.append('}');
    }

    private void list(Collection<?> items) {
        text.append('[');
        for (Iterator<?> rest = items.iterator(); rest.hasNext(); ) {
            value(rest.next());
            if (rest.hasNext()) {
                text.append(", ");
            }
        }
        text.append(']');
    }

    private void string(String string) {
        text.append('"');
        for (int i = 0; i < string.length(); i++) {
            character(string.charAt(i));
        }
        text.append('"');
    }

    private void character(char c) {
        switch (c) {
            case '"', '\\' -> text.append('\\').append(c);
            case '\b' -> text.append("\\b");
            case '\f' -> text.append("\\f");
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            default -> {
                if (c < ' ') {
                    text.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
                } else {
                    text.append(c);
                }
            }
        }
    }
}
