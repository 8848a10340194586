// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

/**
 * What a processor does with a change that its handler could not process in the attempts allowed.
 *
 * <p>A handler that did not come to an end, because its time was over or it was cancelled, says nothing about the change:
 * the processor then stops, whatever is said here. A {@linkplain PermanentException permanent} failure is not attempted
 * again, and never stops the processor.
 */
public enum OnFailure {
    /**
     * Stops, with the change not acknowledged, so that it comes again after a restart. A change that fails permanently
     * becomes a dead letter, and the processor goes on.
     */
    STOP,
    /** Acknowledges the change as if it were processed; only the log knows. */
    SKIP,
    /** Stores the change as a dead letter and acknowledges it. */
    DEAD_LETTER
}
