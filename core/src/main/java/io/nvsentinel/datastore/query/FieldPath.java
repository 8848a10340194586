// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The location of a value in a document: the names to follow from the top, in order. A path without names is the
 * document itself, or the element inside {@link Filter#elemMatch(String, Filter)}.
 *
 * <p>Everywhere a path is asked for as text it is written with dots, {@code healthevent.nodeName}. A name that holds a
 * dot or a backslash is written with a backslash before it, an empty name as {@code \e}; {@link #of(String...)} does
 * that for names that come from elsewhere: {@code FieldPath.of("labels", "example.com/zone").toString()}.
 *
 * <p>A name that is a whole number, such as {@code 0} or {@code -1}, also picks an element of an array; negative
 * numbers count from its end. Immutable.
 *
 * @param names the names, at most {@value #MAX_NAMES} of at most {@value #MAX_NAME_LENGTH} characters
 */
public record FieldPath(List<String> names) {

    /** The most names a path can have. */
    public static final int MAX_NAMES = 32;

    /** The most characters a name can have. */
    public static final int MAX_NAME_LENGTH = 1024;

    /**
     * Checks and copies the names.
     *
     * @param names the names, unescaped
     * @throws InvalidRequestException if there are too many names, or one is too long, holds U+0000 or is not valid
     *     Unicode, which PostgreSQL cannot store
     */
    public FieldPath {
        names = List.copyOf(names);
        if (names.size() > MAX_NAMES) {
            throw new InvalidRequestException(
                    "a path of " + names.size() + " names is too long; at most " + MAX_NAMES + " are allowed");
        }
        names.forEach(FieldPath::check);
    }

    /**
     * Makes a path of names as they are.
     *
     * @param names the names, unescaped
     * @return the path
     * @throws InvalidRequestException as the constructor
     */
    public static FieldPath of(String... names) {
        return new FieldPath(List.of(names));
    }

    /**
     * Reads the dotted form.
     *
     * @param text names separated by dots; empty for the document itself
     * @return the path
     * @throws InvalidRequestException if a name between dots is empty, or a backslash stands before anything else than
     *     a dot, a backslash or {@code e}, or as the constructor
     */
    public static FieldPath parse(String text) {
        return text.isEmpty() ? of() : new FieldPath(split(text));
    }

    private static List<String> split(String text) {
        List<String> names = new ArrayList<>();
        StringBuilder name = new StringBuilder();
        boolean written = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.') {
                names.add(finish(name, written, text));
                written = false;
                continue;
            }
            if (c == '\\') {
                i++;
                unescape(name, i < text.length() ? text.charAt(i) : ' ', text);
            } else {
                name.append(c);
            }
            written = true;
        }
        names.add(finish(name, written, text));
        return names;
    }

    private static void unescape(StringBuilder name, char c, String text) {
        if (c == '.' || c == '\\') {
            name.append(c);
        } else if (c != 'e') {
            throw new InvalidRequestException("path '" + shortened(text)
                    + "': a backslash may only stand before a dot, a backslash or e (an empty name)");
        }
    }

    private static String finish(StringBuilder name, boolean written, String text) {
        if (!written) {
            throw new InvalidRequestException(
                    "path '" + shortened(text) + "': a name between dots is empty; an empty name is written \\e");
        }
        String finished = name.toString();
        name.setLength(0);
        return finished;
    }

    private static String shortened(String text) {
        return text.length() <= MAX_NAME_LENGTH ? text : text.substring(0, MAX_NAME_LENGTH) + "...";
    }

    private static void check(String name) {
        if (name.length() > MAX_NAME_LENGTH) {
            throw new InvalidRequestException("a name of " + name.length()
                    + " characters in a path is too long; at most " + MAX_NAME_LENGTH + " are allowed");
        }
        if (name.indexOf('\0') >= 0) {
            throw new InvalidRequestException("a name in a path contains U+0000, which PostgreSQL cannot store");
        }
        if (!isUnicode(name)) {
            throw new InvalidRequestException(
                    "a name in a path contains an unpaired surrogate, which is not valid Unicode");
        }
    }

    private static boolean isUnicode(String text) {
        return text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    /**
     * Returns this path extended by more names.
     *
     * @param more the names that follow
     * @return the longer path
     * @throws InvalidRequestException as the constructor
     */
    public FieldPath then(List<String> more) {
        List<String> all = new ArrayList<>(names);
        all.addAll(more);
        return new FieldPath(all);
    }

    /**
     * The dotted form, which {@link #parse(String)} reads back.
     *
     * @return names separated by dots, escaped where needed
     */
    @Override
    public String toString() {
        return names.stream().map(FieldPath::escape).collect(Collectors.joining("."));
    }

    /**
     * A name as it is written between the dots of a path.
     *
     * @param name the name, of any length
     * @return the name, escaped where needed
     */
    public static String escape(String name) {
        return name.isEmpty() ? "\\e" : name.replace("\\", "\\\\").replace(".", "\\.");
    }
}
