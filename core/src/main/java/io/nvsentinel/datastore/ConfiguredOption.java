// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import org.jspecify.annotations.Nullable;

/**
 * An option's value and its source, for diagnostics.
 *
 * @param name the option, as the method of {@link DatastoreOptions.Builder}
 * @param variable its environment variable
 * @param value the value as a string, {@code <hidden>} for a password; null if there is none
 * @param source {@link #BUILDER}, {@link #URL}, {@link #DEFAULT}, the environment variable, the property, or the YAML file with
 *     the place in it
 */
public record ConfiguredOption(
        String name, String variable, @Nullable String value, String source) {

    /** The source of what the program itself gave. */
    public static final String BUILDER = "builder";

    /** The source of what {@link DatastoreOptions.Builder#url} set. */
    public static final String URL = "URL";

    /** The source of an option that was not set. */
    public static final String DEFAULT = "default";
}
