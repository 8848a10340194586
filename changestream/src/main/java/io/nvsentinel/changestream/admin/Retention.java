// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Limits the size of the changelog. From {@link io.nvsentinel.changestream.ChangeStreams#retention(RetentionOptions)}.
 * Thread-safe; every publisher is cold.
 *
 * <p>A change is processed when every stored client has acknowledged it, including clients that are not running and
 * clients that never acknowledge. Retention marks such changes in the column {@code processed}, for queries that count
 * pending changes, and removes them when they are older than {@link RetentionOptions.Builder#retention}. If no client
 * is known, nothing is marked, and age alone decides. {@link RetentionOptions.Builder#maxAge} and
 * {@link RetentionOptions.Builder#maxRows} win over clients: a client that has not read the removed changes gets
 * {@link io.nvsentinel.changestream.HistoryLostException}, never a gap.
 *
 * <p>One process at a time works at it; a second one finds it taken and does nothing. It works in steps of
 * {@link RetentionOptions.Builder#batchSize}, each in its own transaction of a few milliseconds: to readers that prove
 * a gap it looks like a writer, and they wait for it as for one. It blocks neither readers nor writers. The database's
 * user needs the rights that {@code docs/postgresql-grants.sql} names for it.
 */
public interface Retention {

    /**
     * Runs until there is nothing left to mark or to remove. Needs one connection beside the pool.
     *
     * @return emits what was done; on an error or on cancel, what was done so far stays done
     */
    Mono<RetentionReport> run();

    /**
     * Runs at once and then again and again, as often as {@link RetentionOptions.Builder#interval} says, until it is
     * cancelled or the change streams are closed. A run that fails is logged, and the next one tries again.
     *
     * @return emits what each run did
     */
    Flux<RetentionReport> runPeriodically();
}
