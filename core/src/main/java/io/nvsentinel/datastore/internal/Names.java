// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import org.jspecify.annotations.Nullable;

/**
 * Checks names and start-up values before they are sent to the server.
 *
 * <p>In the start-up message a NUL character ends a value, so that what follows it would be read as a further parameter; and
 * half a surrogate pair is encoded as a question mark, so that two names would become one.
 */
public final class Names {

    private Names() {}

    /**
     * Checks a name.
     *
     * @param name the name
     * @return the reason as "must not …", without the name; null if it is valid
     */
    public static @Nullable String complaint(String name) {
        if (name.chars().anyMatch(Character::isISOControl)) {
            return "must not contain control characters";
        }
        return halfSurrogate(name);
    }

    /**
     * Checks a value, such as a password, that may contain all characters that can be sent.
     *
     * @param value the value
     * @return the reason as "must not …", without the value; null if it is valid
     */
    public static @Nullable String secretComplaint(String value) {
        return value.indexOf('\0') >= 0 ? "must not contain the character U+0000" : halfSurrogate(value);
    }

    private static @Nullable String halfSurrogate(String text) {
        boolean half = text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        return half ? "must not contain an unpaired surrogate" : null;
    }
}
