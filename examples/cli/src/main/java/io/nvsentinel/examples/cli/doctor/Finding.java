// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of a check of one item.
 *
 * @param check the check's name
 * @param verdict the verdict
 * @param text the finding, in one line
 * @param cure what to do, or null if nothing needs to be done
 * @param facts values for programs
 */
record Finding(
        String check,
        Verdict verdict,
        String text,
        @Nullable String cure,
        Map<String, @Nullable Object> facts) {

    /** Whether what was found is well. */
    enum Verdict {
        /** It is. */
        OK("✓"),
        /** It works, but needs attention. */
        WARNING("!"),
        /** It does not work. */
        FAILED("✗"),
        /** It could not be found out, because of something before it. */
        UNCHECKED("-");

        private final String sign;

        Verdict(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }
    }

    /** For programs; a part of the tool's interface. */
    Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("check", check);
        map.put("verdict", verdict.name().toLowerCase(Locale.ROOT));
        map.put("text", text);
        map.put("cure", cure);
        map.put("facts", facts);
        return map;
    }
}
