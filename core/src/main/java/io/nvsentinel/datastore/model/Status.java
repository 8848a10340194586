// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Objects;

/**
 * The status of a step in handling a health event: quarantine of the node or eviction of its pods. An open enum: a
 * string without a constant is a value like the others. Compare with {@code equals}.
 *
 * @param value the string in documents; empty means unset
 */
public record Status(String value) {

    /** Nothing said yet. */
    public static final Status UNSET = new Status("");

    /** The step has not begun. */
    public static final Status NOT_STARTED = new Status("NotStarted");

    /** The step is under way. */
    public static final Status IN_PROGRESS = new Status("InProgress");

    /** The step failed. */
    public static final Status FAILED = new Status("Failed");

    /** The step succeeded. */
    public static final Status SUCCEEDED = new Status("Succeeded");

    /** An earlier event had the node drained already. */
    public static final Status ALREADY_DRAINED = new Status("AlreadyDrained");

    /** The node was released from quarantine. */
    public static final Status UN_QUARANTINED = new Status("UnQuarantined");

    /** The node was put into quarantine. */
    public static final Status QUARANTINED = new Status("Quarantined");

    /** An earlier event had the node put into quarantine already. */
    public static final Status ALREADY_QUARANTINED = new Status("AlreadyQuarantined");

    /** The step was called off. */
    public static final Status CANCELLED = new Status("Cancelled");

    /**
     * Checks the component.
     *
     * @param value the text in documents; empty means unset
     */
    public Status {
        Objects.requireNonNull(value, "value");
    }
}
