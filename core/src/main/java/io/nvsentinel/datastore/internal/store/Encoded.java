// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.InvalidRequestException;
import java.nio.charset.StandardCharsets;

/**
 * A document as it is sent.
 *
 * @param json the document
 * @param bytes its size
 */
record Encoded(String json, int bytes) {

    private static final String NUL = "\\u0000";

    /** Refuses what the server would refuse for every document of the statement. */
    static <T> Encoded of(DocumentCodec<T> codec, T document) {
        byte[] bytes = codec.encode(document);
        String json = new String(bytes, StandardCharsets.UTF_8);
        if (json.indexOf('\0') >= 0 || hasEscapedNul(json)) {
            throw new InvalidRequestException("A document may not contain the character U+0000");
        }
        return new Encoded(json, bytes.length);
    }

    /** An escape only where the backslash is not itself escaped. */
    private static boolean hasEscapedNul(String json) {
        for (int at = json.indexOf(NUL); at >= 0; at = json.indexOf(NUL, at + 1)) {
            int backslashes = 1;
            while (at - backslashes >= 0 && json.charAt(at - backslashes) == '\\') {
                backslashes++;
            }
            if (backslashes % 2 == 1) {
                return true;
            }
        }
        return false;
    }
}
