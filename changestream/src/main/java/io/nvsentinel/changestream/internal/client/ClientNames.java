// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.Names;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** What a client name may look like. */
public final class ClientNames {

    private static final int MAX_LENGTH = 255;

    private static final String OPTION = "clientName ";

    private ClientNames() {}

    /**
     * Checks a name.
     *
     * @param name the name
     * @throws ConfigurationException if it is blank or too long, or has control characters or half a surrogate pair
     */
    public static void check(String name) {
        String complaint = Names.complaint(name);
        if (complaint != null) {
            throw new ConfigurationException(OPTION + complaint);
        }
        if (name.isBlank() || name.length() > MAX_LENGTH) {
            throw new ConfigurationException(
                    OPTION + "must have 1 to " + MAX_LENGTH + " characters and not only blanks");
        }
    }

    /**
     * Looks something up by a name. A name that no client can have is not sent: half a surrogate pair would arrive as a question
     * mark, and so as the name of another client.
     *
     * @param name the name
     * @param action what is done with it
     * @param <T> what it gives
     * @return cold; fails with {@link InvalidRequestException} if the name has control characters or half a surrogate pair
     */
    public static <T> Mono<T> using(String name, Function<String, Mono<T>> action) {
        return Mono.defer(() -> {
            String complaint = Names.complaint(name);
            return complaint == null ? action.apply(name) : Mono.error(new InvalidRequestException(OPTION + complaint));
        });
    }
}
