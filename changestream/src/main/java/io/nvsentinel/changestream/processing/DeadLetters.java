// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The changes that processors could not handle, stored in the database with their documents until they are replayed or deleted.
 * From {@link io.nvsentinel.changestream.ChangeStreams#deadLetters()}. Thread-safe; every publisher is cold.
 * Names with control characters or half a surrogate pair fail with
 * {@link io.nvsentinel.datastore.error.InvalidRequestException}; nothing is sent.
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
     * Requests that a dead letter is processed again, by the running processor of its client or by the next one: among
     * the client's other changes, never concurrently with another change of its key. It is deleted on success;
     * otherwise it contains the new error.
     *
     * @param id its id
     * @return completes when the request is stored, true if there is such a dead letter
     */
    Mono<Boolean> replay(long id);

    /**
     * Requests that all dead letters of a client are processed again, as {@link #replay(long)}, in the order of the
     * changes for each key.
     *
     * @param clientName the client
     * @return completes when the request is stored, with the number of dead letters
     */
    Mono<Long> replayAll(String clientName);

    /**
     * Deletes a dead letter permanently.
     *
     * @param id its id
     * @return emits after the commit: true if it existed
     */
    Mono<Boolean> delete(long id);

    /**
     * Deletes all dead letters of a client permanently.
     *
     * @param clientName the client
     * @return emits the number of deleted dead letters after the commit
     */
    Mono<Long> deleteAll(String clientName);
}
