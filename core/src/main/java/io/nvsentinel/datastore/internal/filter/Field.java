// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a path means in one collection: a column that is no part of the document, or places in the document. */
public sealed interface Field {

    /**
     * A column of the record itself. It is never null.
     *
     * @param path as asked for
     * @param column which one
     * @param sql its quoted name
     */
    record Record(FieldPath path, RecordColumn column, String sql) implements Field {

        private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

        /**
         * Converts a value to the type of the column.
         *
         * @param value a value in the one form, not null
         * @return a UUID for the id, else an Instant
         */
        Object typed(Object value) {
            if (column == RecordColumn.ID) {
                if (value instanceof String text && UUID_TEXT.matcher(text).matches()) {
                    return UUID.fromString(text);
                }
                throw new InvalidRequestException(path + " is the record's id; it must be compared with a UUID");
            }
            Instant instant = value instanceof Instant given ? given : Instants.literal(value);
            if (instant == null) {
                throw new InvalidRequestException(path + " is the record's column " + column.sqlName()
                        + ", a time; it must be compared with an Instant or an RFC 3339 string with an offset");
            }
            return instant;
        }
    }

    /**
     * A value in the document.
     *
     * @param document the SQL expression of the document
     * @param paths its possible paths; the first one that is not null counts; the library writes to the first path
     * @param known its known properties
     * @param rest how many names follow the name of an array that the path passes, other than by an index; 0 if it passes
     *     none that is known to be one
     */
    record Document(String document, List<FieldPath> paths, KnownName known, int rest) implements Field {

        Document(String document, List<FieldPath> paths, KnownName known) {
            this(document, paths, known, 0);
        }

        /**
         * Whether the field can hold an array, or lie in one, whose elements count as values of the field. Not for what
         * events define as one value, nor for an element itself.
         */
        boolean hasElements() {
            return !canonical().names().isEmpty() && (known.isUnknown() || known.isArray());
        }

        /**
         * The path that the library writes.
         *
         * @return the first path
         */
        public FieldPath canonical() {
            return paths.get(0);
        }

        /**
         * How the library writes a time here.
         *
         * @return true for {@code {"seconds": 1, "nanos": 2}}, false for RFC 3339 text
         */
        public boolean isSecondsAndNanos() {
            return known.shape() == KnownName.Shape.SECONDS_AND_NANOS;
        }

        /** Whether events define it as a time. */
        boolean isTime() {
            return isSecondsAndNanos() || known.shape() == KnownName.Shape.TIME;
        }

        KnownName.@Nullable Mirror mirror() {
            return known.mirror();
        }
    }
}
