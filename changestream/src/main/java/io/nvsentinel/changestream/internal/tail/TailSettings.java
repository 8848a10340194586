// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;

/**
 * What a tail is told by its owner.
 *
 * @param pollInterval how long to sleep without any wake-up
 * @param patience waits out a server that is away
 * @param timer tells and waits for time
 * @param listener hears what happens
 */
public record TailSettings(
        Duration pollInterval, RetryPolicy patience, Scheduler timer, ChangeStreamListener listener) {}
