// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Objects;

/**
 * Whether maintenance was announced.
 *
 * <p>An open enum: a string without a constant is a value like the others. Compare with {@code equals}.
 *
 * @param value the string in documents; empty means unset
 */
public record MaintenanceType(String value) {

    /** Nothing said. */
    public static final MaintenanceType UNSET = new MaintenanceType("");

    /** Announced with a time. */
    public static final MaintenanceType SCHEDULED = new MaintenanceType("SCHEDULED");

    /** It happens without notice. */
    public static final MaintenanceType UNSCHEDULED = new MaintenanceType("UNSCHEDULED");

    /**
     * Checks the component.
     *
     * @param value the text in documents; empty means unset
     */
    public MaintenanceType {
        Objects.requireNonNull(value, "value");
    }
}
