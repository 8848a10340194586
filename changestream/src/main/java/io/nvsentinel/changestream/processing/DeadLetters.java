// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The changes that processors could not handle, stored in the database with their documents until they are replayed or
 * deleted. From {@link io.nvsentinel.changestream.ChangeStreams#deadLetters()}. Thread-safe; every publisher is cold.
 */
public interface DeadLetters {

    /**
     * Counts the dead letters of each client, including deleted clients. The partitions of a group count as one client.
     *
     * @return emits the counts by client name, sorted by name, without clients that have none
     */
    Mono<Map<String, Long>> counts();

    /**
     * Lists a client's dead letters.
     *
     * @param clientName the client
     * @return emits them in the order of the changes, read in pages
     */
    Flux<DeadLetter> list(String clientName);

    /**
     * Has one processed again, by the running processor of its client or the next that is started: among the client's
     * other changes, never at the same time as another one of its key. It is deleted when that succeeds, and else says
     * what went wrong this time.
     *
     * @param id which one
     * @return completes when the request is stored, true if there is such a dead letter
     */
    Mono<Boolean> replay(long id);

    /**
     * Has all of a client's processed again, as {@link #replay(long)}, in the order of the changes for each key.
     *
     * @param clientName the client
     * @return completes when the request is stored, with the number of dead letters
     */
    Mono<Long> replayAll(String clientName);

    /**
     * Deletes one, for good.
     *
     * @param id which one
     * @return completes when it is deleted, true if there was one
     */
    Mono<Boolean> delete(long id);

    /**
     * Deletes all of a client's, for good.
     *
     * @param clientName the client
     * @return completes when they are deleted, with their number
     */
    Mono<Long> deleteAll(String clientName);
}
