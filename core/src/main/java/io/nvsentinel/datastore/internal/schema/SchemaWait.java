// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** Checks again and again until the schema is ready, as long as waiting can help and is allowed. */
final class SchemaWait {

    static final Duration INTERVAL = Duration.ofSeconds(1);

    /** insufficient_privilege, invalid_schema_name, undefined_table. */
    private static final Set<String> MADE_WITH_THE_SCHEMA = Set.of("42501", "3F000", "42P01");

    private final Mono<Void> check;
    private final Duration longest;
    private final Scheduler clock;

    /**
     * Prepares to wait.
     *
     * @param check completes when the schema is ready
     * @param longest how long to wait; zero checks once
     * @param clock measures it
     */
    SchemaWait(Mono<Void> check, Duration longest, Scheduler clock) {
        this.check = check;
        this.longest = longest;
        this.clock = clock;
    }

    /**
     * Waits.
     *
     * @return cold; completes when the schema is ready; fails with what the last check said, when the time is over, and at
     *     once where waiting cannot help
     */
    Mono<Void> untilReady() {
        if (longest.isZero()) {
            return check;
        }
        return Mono.defer(() -> {
            AtomicReference<@Nullable Throwable> last = new AtomicReference<>();
            Mono<Void> ready = check.doOnError(last::set)
                    .retryWhen(Retry.from(failures -> failures.concatMap(failure -> pause(failure.failure()), 1)));
            return ready.timeout(longest, Mono.error(() -> notReady(last.get())), clock);
        });
    }

    private Mono<Long> pause(Throwable failure) {
        return waitingMayHelp(failure) ? Mono.delay(INTERVAL, clock) : Mono.error(failure);
    }

    /** A right that is missing may be granted when the schema is made; any other mistake stays one. */
    private static boolean waitingMayHelp(Throwable failure) {
        return failure instanceof SchemaNotReadyException
                || (failure instanceof DatastoreException error
                        && (error.isRetryable() || MADE_WITH_THE_SCHEMA.contains(String.valueOf(error.sqlState()))));
    }

    private DatastoreException notReady(@Nullable Throwable last) {
        String message = "The schema is not ready after waiting " + longest + ": "
                + (last == null ? "the server did not answer" : last.getMessage());
        String state = last instanceof DatastoreException error ? error.sqlState() : null;
        return last instanceof ConfigurationException
                ? new ConfigurationException(message, state, last)
                : new UnavailableException(message, state, last);
    }
}
