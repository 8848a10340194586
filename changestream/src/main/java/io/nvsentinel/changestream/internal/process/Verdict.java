// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.PermanentException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;

/** What to do with a change whose handler failed. */
enum Verdict {
    AGAIN,
    STOP,
    SKIP,
    DEAD_LETTER;

    /**
     * Decides.
     *
     * @param error what the handler failed with
     * @param attemptsLeft whether it may be attempted again
     * @param policy what to do if not
     */
    static Verdict of(Throwable error, boolean attemptsLeft, OnFailure policy) {
        if (PermanentException.isPermanent(error)) {
            return policy == OnFailure.SKIP ? SKIP : DEAD_LETTER;
        }
        if (attemptsLeft) {
            return AGAIN;
        }
        return isUnfinished(error) ? STOP : valueOf(policy.name());
    }

    /** Whether the handler did not complete, which says nothing about the change. */
    static boolean isUnfinished(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof TimeoutException
                    || e instanceof CancellationException
                    || e instanceof InterruptedException) {
                return true;
            }
        }
        return false;
    }
}
