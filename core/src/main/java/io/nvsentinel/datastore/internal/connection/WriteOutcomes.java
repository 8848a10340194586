// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Remembers whether the server accepts this datastore's writes, from the writes themselves. A failure counts if it has
 * nothing to do with what is written: the disk is full, the server is read-only, a privilege is missing. Thread-safe.
 */
final class WriteOutcomes {

    /** An older failure says nothing about the present: nothing was written since. */
    private static final Duration RELEVANT = Duration.ofMinutes(1);

    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();

    private record Failure(DatastoreException error, long nanos) {}

    /** The same write, whose outcome is recorded. */
    <T> Mono<T> of(Mono<T> write) {
        return write.doOnSuccess(value -> failure.set(null)).doOnError(this::failed);
    }

    private void failed(Throwable error) {
        boolean answered = error instanceof DatastoreException ours && ours.sqlState() != null;
        if (answered && (error instanceof UnavailableException || error instanceof ConfigurationException)) {
            failure.set(new Failure((DatastoreException) error, System.nanoTime()));
        }
    }

    /** Why the last write failed; empty if none has failed within the last minute, or one succeeded afterwards. */
    Optional<DatastoreException> failure() {
        Failure last = failure.get();
        return last == null || System.nanoTime() - last.nanos() > RELEVANT.toNanos()
                ? Optional.empty()
                : Optional.of(last.error());
    }
}
