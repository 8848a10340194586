// SPDX-License-Identifier: Apache-2.0
/**
 * The stored documents as immutable values.
 *
 * <p><b>Readers are generous.</b> Keys are found in camel case, lower case or any other, at every level; if one object
 * contains two spellings of a key, the first one that is not null wins. Absent and null mean the default (empty text,
 * false, 0, empty list or map, unset). A time is read from RFC 3339 text with any offset, from {@code
 * {"seconds","nanos"}} or from Extended JSON ({@code {"$date": text}}, {@code {"$date": milliseconds}}, {@code
 * {"$date": {"$numberLong": text}}}); an integer also from {@code {"$numberInt": text}} and {@code {"$numberLong":
 * text}}. Go's zero time {@code 0001-01-01T00:00:00Z} means unset. Anything else of a wrong type is refused with an
 * {@link io.nvsentinel.datastore.error.InvalidDocumentException} that names the path, what was found and what is
 * accepted.
 *
 * <p><b>Writers produce exactly one shape</b>, given with each type: the format that NVSentinel's own PostgreSQL
 * provider stores. Times outside the years 1 to 9999 and Go's zero time are refused with an
 * {@link io.nvsentinel.datastore.error.InvalidRequestException}.
 *
 * <p><b>Nothing is lost.</b> Members that a type does not know are kept as they are in its {@code extra} component,
 * nulls included, and are written back after the known ones. Unknown enum numbers and strings are values like the known
 * ones.
 */
@NullMarked
package io.nvsentinel.datastore.model;

import org.jspecify.annotations.NullMarked;
