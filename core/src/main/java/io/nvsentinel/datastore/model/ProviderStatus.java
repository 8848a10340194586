// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Objects;

/**
 * The cloud provider's status of a maintenance event.
 *
 * <p>An open enum: a string without a constant is a value like the others. Compare with {@code equals}.
 *
 * @param value the string in documents; empty means unset
 */
public record ProviderStatus(String value) {

    /** Nothing said. */
    public static final ProviderStatus UNSET = new ProviderStatus("");

    /** The cloud provider does not say. */
    public static final ProviderStatus UNKNOWN = new ProviderStatus("UNKNOWN");

    /** Not begun. */
    public static final ProviderStatus PENDING = new ProviderStatus("PENDING");

    /** Begun. */
    public static final ProviderStatus ONGOING = new ProviderStatus("ONGOING");

    /** Under way. */
    public static final ProviderStatus ACTIVE = new ProviderStatus("ACTIVE");

    /** Done. */
    public static final ProviderStatus COMPLETED = new ProviderStatus("COMPLETED");

    /** Called off. */
    public static final ProviderStatus CANCELLED = new ProviderStatus("CANCELLED");

    /**
     * Checks the component.
     *
     * @param value the text in documents; empty means unset
     */
    public ProviderStatus {
        Objects.requireNonNull(value, "value");
    }
}
