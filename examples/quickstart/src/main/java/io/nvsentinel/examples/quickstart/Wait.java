// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The one place that blocks, and never without a bound. */
final class Wait {

    /** Longer than any time-out of the library's own, which say better what went wrong. */
    static final Duration LONGEST = Duration.ofSeconds(45);

    private Wait() {}

    /**
     * Waits for a result.
     *
     * @param what what is done, as in "storing an event"; the error names it
     * @param work what to wait for
     * @param <T> the result
     * @return the result, or null if there is none
     */
    static <T> @Nullable T until(String what, Mono<T> work) {
        return work.timeout(LONGEST, Mono.error(() -> tooLong(what))).block();
    }

    /**
     * Waits for a result that must be there.
     *
     * @param what what is done; the error names it
     * @param work what to wait for
     * @param <T> the result
     * @return the result
     */
    static <T> T result(String what, Mono<T> work) {
        T result = until(what, work);
        if (result == null) {
            throw new QuickstartException(what + " returned no result");
        }
        return result;
    }

    static QuickstartException tooLong(String what) {
        return new QuickstartException(what + " took longer than " + LONGEST.toSeconds() + " s");
    }
}
