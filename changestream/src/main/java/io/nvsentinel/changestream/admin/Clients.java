// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

import io.nvsentinel.changestream.StartAt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The named clients: their positions, and how to move them. From
 * {@link io.nvsentinel.changestream.ChangeStreams#clients()}. Thread-safe; every publisher is cold.
 * Names with control characters or half a surrogate pair fail with
 * {@link io.nvsentinel.datastore.error.InvalidRequestException}; nothing is sent.
 *
 * <p>Resetting a client fences its owner: the owner fails with {@link io.nvsentinel.changestream.ClientFencedException}
 * within about a second, and stores no further position. The next watch that opens the name starts at the new position.
 */
public interface Clients {

    /**
     * Lists all clients, partitions of groups among them.
     *
     * @return emits them by name, as they were at one moment
     */
    Flux<ClientStatus> list();

    /**
     * Looks up one client.
     *
     * @param clientName its name
     * @return emits it, or nothing if there is none
     */
    Mono<ClientStatus> find(String clientName);

    /**
     * Moves a client, or all partitions of a group together; a client that is not known yet is made known.
     *
     * <p>Moving it to {@link StartAt#now()} records the moment as its {@linkplain ClientStatus#cutOff() cut-off}: every
     * change made before it either was committed by then, and so can be found in the collection, or will arrive.
     * Repeating the reset before a watch has opened the client changes nothing: the first cut-off and position stay, so
     * this can be repeated until it succeeds. Any other move forgets the cut-off.
     *
     * @param clientName its name
     * @param to where to
     * @return completes when the client is moved, all at once or not at all
     */
    Mono<Void> reset(String clientName, StartAt to);

    /**
     * Deletes a client, or a group. The next watch that opens the name starts as a new client. Its dead letters are
     * kept.
     *
     * @param clientName its name
     * @return emits after the commit: true if the client existed
     */
    Mono<Boolean> delete(String clientName);
}
