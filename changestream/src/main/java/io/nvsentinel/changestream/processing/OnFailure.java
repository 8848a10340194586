// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

/**
 * What a processor does with a change that its handler could not process within the allowed attempts.
 *
 * <p>A handler that did not complete because of a timeout or a cancellation has no result for the change: the processor
 * then stops, regardless of this option. A {@linkplain PermanentException permanent} failure is not retried, and never
 * stops the processor.
 */
public enum OnFailure {
    /**
     * Stops without acknowledging the change, so that it is delivered again after a restart. A change that fails
     * permanently becomes a dead letter, and the processor continues.
     */
    STOP,
    /** Acknowledges the change as if it were processed; the failure is only logged. */
    SKIP,
    /** Stores the change as a dead letter and acknowledges it. */
    DEAD_LETTER
}
