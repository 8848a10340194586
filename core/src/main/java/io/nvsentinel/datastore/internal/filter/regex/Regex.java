// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter.regex;

import com.google.re2j.Pattern;

/**
 * A compiled regular expression that looks for a match anywhere in a string, as PostgreSQL's {@code ~} with collation
 * "C" does. RE2/J matches in time that grows with the string alone: no string or expression makes it backtrack or
 * overflow the stack, as {@code java.util.regex} does.
 */
public final class Regex {

    private final Pattern pattern;

    private Regex(Pattern pattern) {
        this.pattern = pattern;
    }

    /**
     * Compiles an expression.
     *
     * @param expression what {@link RegexParser} has written
     * @return the compiled expression
     */
    static Regex of(String expression) {
        return new Regex(Pattern.compile(expression, Pattern.DOTALL));
    }

    /**
     * Looks for a match.
     *
     * @param text the string
     * @return whether some part of it matches
     */
    public boolean find(String text) {
        return pattern.matcher(text).find();
    }
}
