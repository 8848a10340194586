// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import java.util.Set;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** Which failed transactions are run again, and when. */
final class TransactionRetry {

    /** serialization_failure and deadlock_detected: running all of it again is the way out that the server wants. */
    private static final Set<String> STATES = Set.of("40001", "40P01");

    private static final double JITTER = 0.5;

    private TransactionRetry() {}

    static RetryBackoffSpec of(TransactionOptions options, Scheduler timer) {
        return Retry.backoff(options.maxAttempts() - 1L, options.minBackoff())
                .maxBackoff(options.maxBackoff())
                .jitter(JITTER)
                .scheduler(timer)
                .filter(TransactionRetry::mayHelp)
                .onRetryExhaustedThrow((spec, last) -> counted(last.failure(), options.maxAttempts()));
    }

    private static Throwable counted(Throwable last, int attempts) {
        return last instanceof ConflictException conflict
                ? new ConflictException(
                        new ErrorContext("Transaction", attempts, conflict.sqlState(), conflict.constraint()),
                        "stopped retrying after attempt " + attempts + "; " + conflict.getMessage(),
                        conflict)
                : last;
    }

    /** Even if the function has wrapped the error in its own exception. */
    private static boolean mayHelp(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof DatastoreException ours && ours.sqlState() != null) {
                return STATES.contains(ours.sqlState());
            }
        }
        return false;
    }
}
