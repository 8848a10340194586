// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Objects;

/**
 * The platform's status of a maintenance event.
 *
 * <p>An open enum: a string without a constant is a value like the others. Compare with {@code equals}.
 *
 * @param value the string in documents; empty means unset
 */
public record InternalStatus(String value) {

    /** Nothing said. */
    public static final InternalStatus UNSET = new InternalStatus("");

    /** The event is known; nothing was done. */
    public static final InternalStatus DETECTED = new InternalStatus("DETECTED");

    /** Quarantine of the node was asked for. */
    public static final InternalStatus QUARANTINE_TRIGGERED = new InternalStatus("QUARANTINE_TRIGGERED");

    /** The cloud provider is at work. */
    public static final InternalStatus MAINTENANCE_ONGOING = new InternalStatus("MAINTENANCE_ONGOING");

    /** The cloud provider is done. */
    public static final InternalStatus MAINTENANCE_COMPLETE = new InternalStatus("MAINTENANCE_COMPLETE");

    /** Release of the node was asked for. */
    public static final InternalStatus HEALTHY_TRIGGERED = new InternalStatus("HEALTHY_TRIGGERED");

    /** The node did not become ready in time. */
    public static final InternalStatus NODE_READINESS_TIMEOUT = new InternalStatus("NODE_READINESS_TIMEOUT");

    /** The cloud provider called it off. */
    public static final InternalStatus CANCELLED = new InternalStatus("CANCELLED");

    /** Handling the event failed. */
    public static final InternalStatus ERROR = new InternalStatus("ERROR");

    /**
     * Checks the component.
     *
     * @param value the text in documents; empty means unset
     */
    public InternalStatus {
        Objects.requireNonNull(value, "value");
    }
}
