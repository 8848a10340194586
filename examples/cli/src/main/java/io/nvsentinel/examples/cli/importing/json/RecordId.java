// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The record's id, from the document's {@code _id} alone: the same document gets the same id in every run and from both
 * forms of an export.
 *
 * <ul>
 *   <li>A UUID is the id.
 *   <li>An ObjectId stands in the id as it is, digit by digit, and can be read back:
 *       {@code 1818e811892f902bd23f0824} gives {@code 1818e811-892f-8902-8bd2-3f08246f6964}. The eights are version and
 *       variant (RFC 9562, version 8), the last six digits are fixed. Ids sort as the ObjectIds do, which is by time.
 *   <li>Any other {@code _id} gives a UUID of version 8 from the SHA-256 of its type and value.
 * </ul>
 */
public final class RecordId {

    private static final String FIXED = "6f6964";
    private static final int SECONDS_DIGITS = 8;
    private static final int HEXADECIMAL = 16;

    private RecordId() {}

    /**
     * The id of a document.
     *
     * @param source its {@code _id} in Extended JSON
     * @param converted the same as it is stored
     * @return the id
     */
    public static UUID of(@Nullable Object source, @Nullable Object converted) {
        String type = type(source);
        if (type.equals(ExtendedType.OBJECT_ID)) {
            return ofObjectId(String.valueOf(converted));
        }
        boolean binary = type.equals(ExtendedType.BINARY) || type.equals(ExtendedType.UUID);
        if (binary && converted instanceof String uuid) {
            return UUID.fromString(uuid);
        }
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        named.put(isNumber(converted) ? "" : type, comparable(converted));
        return Checksum.name(StoredJson.write(named));
    }

    private static UUID ofObjectId(String oid) {
        return UUID.fromString(oid.substring(0, 8) + '-' + oid.substring(8, 12) + "-8" + oid.substring(12, 15) + "-8"
                + oid.substring(15, 18) + '-' + oid.substring(18) + FIXED);
    }

    /**
     * MongoDB treats 1 and 1.0 as the same key, and the relaxed form of an export does not distinguish int32 from
     * int64.
     */
    private static @Nullable Object comparable(@Nullable Object converted) {
        return converted instanceof BigDecimal number ? whole(number) : converted;
    }

    private static Number whole(BigDecimal number) {
        BigDecimal shortest = number.stripTrailingZeros();
        return shortest.scale() <= 0 ? Numbers.integer(shortest.toBigInteger()) : shortest;
    }

    private static boolean isNumber(@Nullable Object converted) {
        return converted instanceof Number;
    }

    /** The key by which Extended JSON names the type of the value, or nothing. */
    private static String type(@Nullable Object source) {
        if (source instanceof Map<?, ?> map
                && !map.isEmpty()
                && map.keySet().iterator().next() instanceof String key
                && key.startsWith("$")) {
            return key.equals(ExtendedType.BINARY_TYPE) ? ExtendedType.BINARY : key;
        }
        return "";
    }

    /**
     * The creation time in a document's ObjectId.
     *
     * @param source its {@code _id} in Extended JSON
     * @return the time in seconds, or null if the id is not an ObjectId
     */
    public static @Nullable Instant time(@Nullable Object source) {
        return source instanceof Map<?, ?> map && map.get(ExtendedType.OBJECT_ID) instanceof String oid
                ? Instant.ofEpochSecond(Long.parseLong(oid.substring(0, SECONDS_DIGITS), HEXADECIMAL))
                : null;
    }
}
