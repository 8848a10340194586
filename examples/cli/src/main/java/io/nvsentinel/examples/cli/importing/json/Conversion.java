// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Extended JSON, version 2 in both forms and what of version 1 is still about, into the JSON that is stored. Keys stay
 * as they are. A value is converted to the form of PostgreSQL and this library if that is lossless; else it stays
 * Extended JSON, in the one canonical form. Both forms of an export give the same documents.
 *
 * <table>
 * <caption>What becomes of values</caption>
 * <tr><th>MongoDB</th><th>stored as</th></tr>
 * <tr><td>ObjectId</td><td>text, 24 hexadecimal digits</td></tr>
 * <tr><td>date, years 1 to 9999</td><td>text, RFC 3339 in UTC with milliseconds</td></tr>
 * <tr><td>any other date</td><td>{@code {"$date": {"$numberLong": "…"}}}</td></tr>
 * <tr><td>int32, int64, finite double</td><td>number, every digit; a double keeps its {@code .0}</td></tr>
 * <tr><td>NaN, Infinity, -Infinity, -0.0</td><td>{@code {"$numberDouble": "…"}}</td></tr>
 * <tr><td>decimal written without exponent</td><td>number with all its digits, trailing zeros too</td></tr>
 * <tr><td>any other decimal</td><td>{@code {"$numberDecimal": "…"}}</td></tr>
 * <tr><td>UUID (binary subtype 4)</td><td>text, as UUIDs are written</td></tr>
 * <tr><td>UUID of old drivers (subtype 3)</td><td>as any binary, unless its byte order is given; then text</td></tr>
 * <tr><td>any other binary</td><td>{@code {"$binary": {"base64": "…", "subType": "…"}}}</td></tr>
 * <tr><td>timestamp, regular expression, minKey, maxKey, symbol, code, undefined, DBPointer</td><td>Extended
 * JSON</td></tr>
 * <tr><td>text, boolean, null, list, document</td><td>the same</td></tr>
 * </table>
 */
public final class Conversion {

    private static final Pattern OBJECT_ID = Pattern.compile("[0-9a-fA-F]{24}");
    private static final Set<String> KEPT =
            Set.of("$minKey", "$maxKey", "$undefined", "$symbol", "$code", "$dbPointer", ExtendedType.TIMESTAMP);

    private final BinaryConversion binaries;

    /**
     * Rules.
     *
     * @param legacyUuid the byte order of binaries of subtype 3
     */
    public Conversion(LegacyUuid legacyUuid) {
        binaries = new BinaryConversion(legacyUuid);
    }

    /**
     * Converts a document.
     *
     * @param document a tree of Extended JSON
     * @return a new tree of plain JSON
     * @throws RejectedDocumentException if a value has the key of a type and is none of its values
     */
    public Map<String, @Nullable Object> document(Map<String, @Nullable Object> document)
            throws RejectedDocumentException {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (Map.Entry<String, @Nullable Object> member : document.entrySet()) {
            try {
                members.put(member.getKey(), value(member.getValue()));
            } catch (RejectedDocumentException e) {
                throw e.in(member.getKey());
            }
        }
        return members;
    }

    /**
     * Converts a value.
     *
     * @param value of a tree of Extended JSON
     * @return the value of a tree of plain JSON
     * @throws RejectedDocumentException if it has the key of a type and is none of its values
     */
    @Nullable
    Object value(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof List<?> list) {
            return list(list);
        }
        if (!(value instanceof Map<?, ?> map)) {
            return value;
        }
        @SuppressWarnings("unchecked")
        Map<String, @Nullable Object> object = (Map<String, @Nullable Object>) map;
        boolean typed = !object.isEmpty() && object.keySet().iterator().next().startsWith("$");
        return typed ? typed(object) : document(object);
    }

    private List<@Nullable Object> list(List<?> list) throws RejectedDocumentException {
        List<@Nullable Object> items = new ArrayList<>(list.size());
        for (Object item : list) {
            try {
                items.add(value(item));
            } catch (RejectedDocumentException e) {
                throw e.in(String.valueOf(items.size()));
            }
        }
        return items;
    }

    private @Nullable Object typed(Map<String, @Nullable Object> object) throws RejectedDocumentException {
        if (object.size() == 1) {
            Map.Entry<String, @Nullable Object> only =
                    object.entrySet().iterator().next();
            return single(only.getKey(), only.getValue(), object);
        }
        if (object.keySet().equals(Set.of(ExtendedType.BINARY, ExtendedType.BINARY_TYPE))) {
            return binaries.binary(object.get(ExtendedType.BINARY), object.get(ExtendedType.BINARY_TYPE));
        }
        if (object.keySet().equals(Set.of(ExtendedType.LEGACY_REGEX, ExtendedType.LEGACY_OPTIONS))
                && object.get(ExtendedType.LEGACY_REGEX) instanceof String pattern
                && object.get(ExtendedType.LEGACY_OPTIONS) instanceof String options) {
            return regex(pattern, options);
        }
        // References, code with its scope, and application fields with such names.
        return document(object);
    }

    private @Nullable Object single(String type, @Nullable Object value, Map<String, @Nullable Object> object)
            throws RejectedDocumentException {
        return switch (type) {
            case ExtendedType.OBJECT_ID -> objectId(value);
            case ExtendedType.DATE -> DateConversion.date(value);
            case ExtendedType.INT -> NumberConversion.integer(type, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case ExtendedType.LONG -> NumberConversion.integer(type, value, Long.MIN_VALUE, Long.MAX_VALUE);
            case ExtendedType.DOUBLE -> NumberConversion.binary(value);
            case ExtendedType.DECIMAL -> NumberConversion.decimal(value);
            case ExtendedType.BINARY -> binaries.binary(value);
            case ExtendedType.UUID -> binaries.uuid(value);
            case ExtendedType.REGULAR_EXPRESSION -> regularExpression(value);
            default -> KEPT.contains(type) ? kept(type, value) : document(object);
        };
    }

    private static String objectId(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof String text && OBJECT_ID.matcher(text).matches()) {
            return text.toLowerCase(Locale.ROOT);
        }
        throw new RejectedDocumentException("$oid must be 24 hexadecimal digits");
    }

    private static Object regularExpression(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof Map<?, ?> parts
                && parts.size() == 2
                && parts.get("pattern") instanceof String pattern
                && parts.get("options") instanceof String options) {
            return regex(pattern, options);
        }
        throw new RejectedDocumentException("$regularExpression must have the strings pattern and options");
    }

    private static Object regex(String pattern, String options) {
        return Map.of(ExtendedType.REGULAR_EXPRESSION, Map.of("pattern", pattern, "options", options));
    }

    /** Parts of these are plain numbers and text in both forms of Extended JSON. */
    private Map<String, @Nullable Object> kept(String type, @Nullable Object value) throws RejectedDocumentException {
        boolean right = switch (type) {
            case ExtendedType.TIMESTAMP -> isTimestamp(value);
            case "$minKey", "$maxKey" -> Long.valueOf(1).equals(value);
            case "$undefined" -> Boolean.TRUE.equals(value);
            case "$dbPointer" -> value instanceof Map<?, ?>;
            default -> value instanceof String;
        };
        if (!right) {
            throw new RejectedDocumentException("not a value of " + type);
        }
        Map<String, @Nullable Object> same = new LinkedHashMap<>();
        same.put(type, value);
        return same;
    }

    private static boolean isTimestamp(@Nullable Object value) {
        return value instanceof Map<?, ?> parts
                && parts.size() == 2
                && isUnsigned(parts.get("t"))
                && isUnsigned(parts.get("i"));
    }

    private static boolean isUnsigned(@Nullable Object part) {
        return part instanceof Long number && number >= 0 && number <= 0xFFFF_FFFFL;
    }
}
