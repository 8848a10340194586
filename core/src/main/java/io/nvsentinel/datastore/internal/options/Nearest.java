// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the name that was probably intended. */
final class Nearest {

    private Nearest() {}

    /** A suffix for an unknown name in a message: empty, or the most similar known name. */
    static String hint(String unknown, Collection<String> known) {
        return find(unknown, known).map(name -> " (did you mean " + name + "?)").orElse("");
    }

    private static Optional<String> find(String unknown, Collection<String> known) {
        return known.stream()
                .min(Comparator.<String>comparingInt(name -> distance(unknown, name))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(name ->
                        distance(unknown, name) <= Math.max(2, last(name).length() / 3));
    }

    /** Letter case does not count, and a name in the wrong place is one step away from the right one. */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        return Math.min(edits(a, b), edits(last(a), last(b)) + 1);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** Levenshtein's distance: letters to insert, to remove or to replace. */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
