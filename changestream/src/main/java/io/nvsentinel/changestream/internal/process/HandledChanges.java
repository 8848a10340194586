// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.CheckedPosition;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * Records which changes after the position of a client have taken effect. A mark is inserted in the transaction of the
 * effect, before it: a concurrent handler of the same change must wait for the end of that transaction, and then finds
 * the mark.
 */
final class HandledChanges {

    private static final String MARK = "WITH " + CheckedPosition.history(3) + """
            , marked AS (
                INSERT INTO {schema}.handled_changes (client_name, position)
                SELECT $1, $2 FROM history WHERE history.holds
                ON CONFLICT DO NOTHING
                RETURNING position
            )
            SELECT history.holds, (SELECT count(*) FROM marked) FROM history""";

    private static final String OWNED =
            "SELECT count(*) FROM {schema}.resume_tokens WHERE client_name = $1 AND epoch = $2";

    private final Owned owned;

    HandledChanges(Owned owned) {
        this.owned = owned;
    }

    /**
     * Marks a change, if it is one of the changelog there: after a failover that lost it, its id may belong to another change,
     * which is not handled.
     *
     * @param change which
     * @param incarnation of the changelog that it was read from
     * @return cold; emits whether it was not marked yet; fails with {@link HistoryForkedException} if the changelog does not
     *     have it
     */
    Mono<Boolean> mark(Session transaction, ChangelogRow change, UUID incarnation) {
        Position position = Position.at(incarnation, change.id(), change.check());
        return transaction
                .write(
                        "Mark a change as handled",
                        connection -> Rows.one(
                                Rows.bind(
                                        connection.createStatement(MARK),
                                        CheckedPosition.values(List.of(owned.client(), change.id()), position)),
                                row -> new Marked(
                                        Objects.requireNonNull(row.get(0, Boolean.class)),
                                        Objects.requireNonNull(row.get(1, Long.class)))))
                .switchIfEmpty(Mono.error(Outages::noFacts))
                .flatMap(marked -> marked.holds()
                        ? Mono.just(marked.count() == 1)
                        : Mono.error(new HistoryForkedException("Change " + change.id()
                                + " was received, and the changelog does not have it: the database was restored or failed over"
                                + " and lost commits. It is not handled")));
    }

    private record Marked(boolean holds, long count) {}

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
