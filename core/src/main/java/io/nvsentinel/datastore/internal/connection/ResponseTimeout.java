// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * How long a server may be silent before it counts as gone: it stops statements itself, but may have no way any more to say
 * so. No read of the driver's ever times out.
 *
 * @param most the server's own bound for a statement, and what an answer may take besides
 * @param timer measures it
 */
record ResponseTimeout(Duration most, Scheduler timer) {

    private static final Duration GRACE = Duration.ofSeconds(5);

    /** Waits for the answer to a statement that the server stops after this time. */
    static ResponseTimeout beyond(Duration statementTimeout, Scheduler timer) {
        return new ResponseTimeout(statementTimeout.plus(GRACE), timer);
    }

    /** Waits as long as this one, or a shorter time. */
    ResponseTimeout atMost(Duration shorter) {
        return shorter.compareTo(most) < 0 ? new ResponseTimeout(shorter, timer) : this;
    }

    /** Fails with {@link NoAnswer} if there is no answer in time. */
    <T> Mono<T> with(Mono<T> answer) {
        return answer.timeout(most, Mono.error(NoAnswer::new), timer);
    }

    /** A server's silence, as against a time-out that an application has put around its own work. */
    static final class NoAnswer extends TimeoutException {

        private static final long serialVersionUID = 1L;

        NoAnswer() {
            super("no answer in time");
        }

        /** Whether an error is this one, or has been made of it. */
        static boolean isBehind(Throwable error) {
            for (Throwable e = error; e != null; e = e.getCause()) {
                if (e instanceof NoAnswer) {
                    return true;
                }
            }
            return false;
        }
    }
}
