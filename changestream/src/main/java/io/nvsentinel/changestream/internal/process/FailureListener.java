// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

/**
 * Is notified of changes that could not be handled.
 *
 * @param <E> the event's type
 */
public interface FailureListener<E> {

    /**
     * An attempt failed.
     *
     * @param task the change
     * @param attempt which attempt, from 1
     * @param error why
     */
    void onHandlerFailed(Task<E> task, int attempt, Throwable error);

    /**
     * The change is stored as a dead letter.
     *
     * @param task the change
     * @param attempts how often it was attempted
     * @param error the last error
     */
    void onDeadLetter(Task<E> task, int attempts, Throwable error);
}
