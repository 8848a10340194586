// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Binaries, and the UUIDs among them. */
final class BinaryConversion {

    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");
    private static final Pattern SUBTYPE = Pattern.compile("[0-9a-fA-F]{1,2}");
    private static final int UUID_BYTES = 16;

    private final LegacyUuid legacy;

    BinaryConversion(LegacyUuid legacy) {
        this.legacy = legacy;
    }

    Object binary(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof Map<?, ?> parts && parts.size() == 2) {
            return binary(parts.get("base64"), parts.get("subType"));
        }
        throw new RejectedDocumentException("$binary must have the strings base64 and subType");
    }

    Object binary(@Nullable Object base64, @Nullable Object subType) throws RejectedDocumentException {
        if (!(base64 instanceof String text)
                || !(subType instanceof String type)
                || !SUBTYPE.matcher(type).matches()) {
            throw new RejectedDocumentException("$binary must have the data in base64 and a subtype of two digits");
        }
        byte[] bytes = decode(text);
        int number = Integer.parseInt(type, 16);
        if (bytes.length == UUID_BYTES && number == 4) {
            return LegacyUuid.PYTHON.read(bytes).toString();
        }
        if (bytes.length == UUID_BYTES && number == 3 && legacy != LegacyUuid.KEEP) {
            return legacy.read(bytes).toString();
        }
        return Map.of(
                ExtendedType.BINARY, Map.of("base64", text, "subType", String.format(Locale.ROOT, "%02x", number)));
    }

    private static byte[] decode(String base64) throws RejectedDocumentException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new RejectedDocumentException("$binary is not base64");
        }
    }

    String uuid(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof String text && UUID_TEXT.matcher(text).matches()) {
            return UUID.fromString(text).toString();
        }
        throw new RejectedDocumentException("$uuid must be a UUID");
    }
}
