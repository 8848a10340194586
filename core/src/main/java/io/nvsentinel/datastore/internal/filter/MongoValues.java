// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads values as MongoDB writes them in JSON. */
public final class MongoValues {

    private MongoValues() {}

    /**
     * Reads a value: <code>{"$date": …}</code> is an Instant, an array of objects a list, all else is itself.
     *
     * @param path the field, for errors
     * @param value the value
     * @return the value as filters and updates take it
     */
    public static @Nullable Object value(FieldPath path, @Nullable Object value) {
        if (value instanceof Map<?, ?> map && map.containsKey("$date")) {
            Instant instant = map.size() == 1 ? Instants.literal(map) : null;
            if (instant == null) {
                throw new InvalidRequestException(path + ": $date requires an RFC 3339 string with an offset, or"
                        + " {\"$numberLong\": \"milliseconds\"}");
            }
            return instant;
        }
        return value instanceof Object[] array ? Arrays.asList(array) : value;
    }
}
