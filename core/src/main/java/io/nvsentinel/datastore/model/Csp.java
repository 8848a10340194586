// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Objects;

/**
 * The cloud provider of a maintenance event.
 *
 * <p>An open enum: a string without a constant is a value like the others. Compare with {@code equals}.
 *
 * @param value the string in documents; empty means unset
 */
public record Csp(String value) {

    /** Nothing said. */
    public static final Csp UNSET = new Csp("");

    /** Google Cloud. */
    public static final Csp GCP = new Csp("gcp");

    /** Amazon Web Services. */
    public static final Csp AWS = new Csp("aws");

    /**
     * Checks the component.
     *
     * @param value the text in documents; empty means unset
     */
    public Csp {
        Objects.requireNonNull(value, "value");
    }
}
