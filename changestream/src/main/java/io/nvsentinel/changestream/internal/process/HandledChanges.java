// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * Records which changes after the position of a client have taken effect. A mark is inserted in the transaction of the
 * effect, before it: a concurrent handler of the same change must wait for the end of that transaction, and then finds
 * the mark.
 */
final class HandledChanges {

    private static final String MARK = """
            INSERT INTO {schema}.handled_changes (client_name, position) VALUES ($1, $2) ON CONFLICT DO NOTHING""";

    private static final String OWNED =
            "SELECT count(*) FROM {schema}.resume_tokens WHERE client_name = $1 AND epoch = $2";

    private final Owned owned;

    HandledChanges(Owned owned) {
        this.owned = owned;
    }

    /**
     * Marks a change.
     *
     * @return cold; emits whether it was not marked yet
     */
    Mono<Boolean> mark(Session transaction, long position) {
        return transaction
                .write(
                        "Mark a change as handled",
                        connection -> Rows.written(
                                Rows.bind(connection.createStatement(MARK), List.of(owned.client(), position))))
                .map(count -> count == 1);
    }

    /**
     * Must run after the mark, with its own snapshot: a process that becomes the owner later finds the mark, or waits
     * for it. This detects an earlier owner whose mark could have been inserted and deleted again.
     */
    Mono<Void> requireOwner(Session transaction) {
        return transaction
                .read(
                        "Check the owner of the change stream client \"" + owned.client() + "\"",
                        connection -> Rows.one(
                                Rows.bind(connection.createStatement(OWNED), List.of(owned.client(), owned.epoch())),
                                row -> Objects.requireNonNull(row.get(0, Long.class))))
                .flatMap(count -> count == 1
                        ? Mono.empty()
                        : Mono.error(new ClientFencedException("The change stream client \"" + owned.client()
                                + "\" has another owner; the effect of this change is rolled back")));
    }
}
