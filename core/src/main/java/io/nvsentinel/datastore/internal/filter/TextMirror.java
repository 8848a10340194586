// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import java.util.regex.Pattern;

/** Which texts in a column that mirrors a document stand for a JSON string without doubt. */
final class TextMirror {

    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");
    private static final Pattern START_OF_OTHERS = Pattern.compile("[-0-9{\\[].*", Pattern.DOTALL);

    private TextMirror() {}

    /** Whether no number, boolean, list or map is printed like this. */
    static boolean isPlain(String text) {
        return !text.equals("true")
                && !text.equals("false")
                && !text.startsWith("{")
                && !text.startsWith("[")
                && !NUMBER.matcher(text).matches();
    }

    /** Whether the print of no number, boolean, list or map begins like this. */
    static boolean isPlainPrefix(String prefix) {
        return !"true".startsWith(prefix)
                && !"false".startsWith(prefix)
                && !START_OF_OTHERS.matcher(prefix).matches();
    }
}
