// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;

/**
 * The settings of a tail.
 *
 * @param pollInterval the longest idle time without a wake-up
 * @param patience waits while the server is unavailable
 * @param timer provides the time and delays
 * @param listener is notified of events
 */
public record TailSettings(
        Duration pollInterval, RetryPolicy patience, Scheduler timer, ChangeStreamListener listener) {}
