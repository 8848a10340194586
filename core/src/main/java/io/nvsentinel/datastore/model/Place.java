// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where in a document a value stands. Its text is made only for an error: making it for every value took longer than
 * reading the values.
 *
 * @param parent the object or list around it; null for the document itself
 * @param step a name or an index
 */
record Place(@Nullable Place parent, Object step) {

    static final Place DOCUMENT = new Place(null, "the document");

    Place at(Object nextStep) {
        return new Place(this, nextStep);
    }

    /** The error for what cannot be read here. */
    InvalidDocumentException invalid(String found, String accepted) {
        return new InvalidDocumentException(this + ": found " + found + ", accepted is " + accepted);
    }

    /** The error for a value of a wrong type. */
    InvalidDocumentException invalid(Object value, String accepted) {
        return invalid(type(value), accepted);
    }

    /** Names and indexes from the root, as in {@code healthevent.entitiesImpacted[0].entityType}. */
    @Override
    public String toString() {
        if (parent == null) {
            return String.valueOf(step);
        }
        String before = parent.parent() == null ? "" : parent.toString();
        if (step instanceof Integer index) {
            return before + "[" + index + "]";
        }
        return (before.isEmpty() ? "" : before + ".") + printable(String.valueOf(step));
    }

    /** The keys of a map are data and may be hostile: long or with line breaks. */
    private static String printable(String name) {
        String line = name.replaceAll("\\p{Cntrl}|\\p{Cs}", "?");
        return line.length() <= 64 ? line : line.substring(0, 64) + "…";
    }

    /** The JSON type of a value, never the value. */
    private static String type(Object value) {
        if (value instanceof String) {
            return "a string";
        }
        if (value instanceof Boolean) {
            return "a boolean";
        }
        if (value instanceof Number) {
            return "a number";
        }
        if (value instanceof Map<?, ?>) {
            return "an object";
        }
        return value instanceof List<?> ? "a list" : "a " + value.getClass().getName();
    }
}
