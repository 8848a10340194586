// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * How errors show an invalid value. A misplaced value may be a password, so only values in the form of a number, a
 * short name or a path are shown.
 */
final class Shown {

    private static final String HIDDEN = "<hidden>";

    private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9]{1,12}(\\.[0-9]{1,3})?");

    /** Words of letters, as options and parameters have them: generated secrets hold digits or other characters. */
    private static final Pattern NAME = Pattern.compile("[a-z]{1,30}([A-Z][a-z]{1,30}){0,5}([._-][A-Za-z]{1,30}){0,5}");

    /** Absolute or below this directory, or a file with an extension. */
    private static final Pattern PATH = Pattern.compile(
            "(?:\\.{0,2}/|[A-Za-z]:)[^\\p{Cntrl}]{0,300}|(?:[A-Za-z_-]{1,30}/){0,5}[^/\\p{Cntrl}]{0,100}\\.[a-z0-9]{2,5}");

    /** A URL, a connection string, or a user with a password. */
    private static final Pattern CREDENTIALS =
            Pattern.compile("(?is).*(://|(password|passwd|pwd)\\s*=|^[^:@/]+:[^@]*@|-----BEGIN ).*");

    private Shown() {}

    static String number(String text) {
        return NUMBER.matcher(text).matches() ? '"' + text + '"' : word(text);
    }

    static String word(String text) {
        return NAME.matcher(text).matches() ? '"' + text + '"' : HIDDEN;
    }

    static String name(String text) {
        return NAME.matcher(text).matches() ? text : HIDDEN;
    }

    /** A file that is named in a message. */
    static String path(Path path) {
        String text = path.toString();
        return PATH.matcher(text).matches() && !mayHoldSecret(text) ? text : HIDDEN;
    }

    /** Whether a string that should be one name or path has parts that may contain a secret. */
    static boolean mayHoldSecret(String text) {
        return CREDENTIALS.matcher(text).matches();
    }
}
