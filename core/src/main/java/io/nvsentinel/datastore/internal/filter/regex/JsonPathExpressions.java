// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter.regex;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;

/**
 * Finds the regular expressions of an SQL/JSON path and bounds them like those of other filters: the server compiles them, and a
 * short one can keep it busy. The rest of the path is for the server to check.
 */
public final class JsonPathExpressions {

    private static final String KEYWORD = "like_regex";

    private static final FieldPath PLACE = FieldPath.of("$jsonPath");

    private final String path;
    private int at;
    private char before = ' ';

    private JsonPathExpressions(String path) {
        this.path = path;
    }

    /**
     * Checks the regular expressions.
     *
     * @param path the SQL/JSON path
     * @throws InvalidRequestException if one of them is not supported, or too large
     */
    public static void check(String path) {
        JsonPathExpressions scan = new JsonPathExpressions(path);
        while (scan.skipSpace()) {
            scan.next();
        }
    }

    /** Whitespace and comments. Returns whether something follows. */
    private boolean skipSpace() {
        while (at < path.length()) {
            if (path.startsWith("/*", at)) {
                int end = path.indexOf("*/", at + 2);
                at = end < 0 ? path.length() : end + 2;
            } else if (Character.isWhitespace(path.charAt(at))) {
                at++;
            } else {
                return true;
            }
        }
        return false;
    }

    private void next() {
        char read = path.charAt(at);
        if (read == '\\') {
            throw refused("a backslash is allowed in quoted strings only");
        }
        if (read == '"') {
            string(false);
        } else if (isWord(read)) {
            int from = at;
            while (at < path.length() && isWord(path.charAt(at))) {
                at++;
            }
            // Behind a dot it is the name of a field.
            if (before != '.' && path.substring(from, at).equalsIgnoreCase(KEYWORD)) {
                expression();
            }
        } else {
            at++;
        }
        before = read;
    }

    private static boolean isWord(char read) {
        return Character.isLetterOrDigit(read) || read == '_';
    }

    private void expression() {
        if (!skipSpace() || path.charAt(at) != '"') {
            throw refused(KEYWORD + " requires a quoted string");
        }
        RegexParser.parse(PLACE, string(true));
    }

    /** Goes past its end. An expression may escape only what has to be escaped, so that it is what it looks like. */
    private String string(boolean expression) {
        StringBuilder text = new StringBuilder();
        for (at++; at < path.length() && path.charAt(at) != '"'; at++) {
            if (path.charAt(at) == '\\' && ++at < path.length()) {
                requireEscapable(expression, path.charAt(at));
            }
            text.append(at < path.length() ? path.charAt(at) : '\\');
        }
        at++;
        return text.toString();
    }

    private static void requireEscapable(boolean expression, char escaped) {
        if (expression && escaped != '\\' && escaped != '"') {
            throw refused("in a regular expression \\" + escaped + " is written with two backslashes");
        }
    }

    private static InvalidRequestException refused(String why) {
        return new InvalidRequestException(PLACE + ": " + why);
    }
}
