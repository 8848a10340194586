// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.ClientLag;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** How far clients are behind, and how large the changelog is. */
public final class Lags {

    private static final String LAGS = """
            SELECT client.client_name,
                CASE WHEN behind.counted < $1 THEN behind.counted ELSE newest.last_value - client.position END,
                coalesce(greatest(extract(epoch FROM clock_timestamp() - oldest.changed_at) * 1000, 0), 0)::bigint
            FROM (
                SELECT client_name, (resume_token ->> 'position')::bigint AS position
                FROM {schema}.resume_tokens WHERE $3 OR client_name = ANY ($2)
            ) AS client
            CROSS JOIN {schema}.datastore_changelog_id_seq AS newest
            CROSS JOIN LATERAL (
                SELECT count(*) AS counted FROM (
                    SELECT FROM {schema}.datastore_changelog WHERE id > client.position LIMIT $1
                ) AS changes
            ) AS behind
            LEFT JOIN LATERAL (
                SELECT changed_at FROM {schema}.datastore_changelog WHERE id > client.position ORDER BY id LIMIT 1
            ) AS oldest ON true
            ORDER BY client.client_name""";

    private static final String SIZE = """
            SELECT CASE WHEN newest.is_called THEN newest.last_value - state.oldest_id + 1 ELSE 0 END,
                pg_total_relation_size('{schema}.datastore_changelog') + (
                    SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint
                    FROM pg_inherits WHERE inhparent = '{schema}.datastore_changelog'::regclass)
            FROM {schema}.datastore_changelog_id_seq AS newest CROSS JOIN {schema}.datastore_changelog_state AS state""";

    private final Connections connections;

    /**
     * Reads nothing yet.
     *
     * @param connections the connections
     */
    public Lags(Connections connections) {
        this.connections = connections;
    }

    /**
     * Reads how far clients are behind.
     *
     * @param clients the clients' names
     * @return cold; emits those that have a stored position
     */
    public Mono<List<ClientLag>> read(List<String> clients) {
        return read(clients.toArray(String[]::new), false);
    }

    /**
     * Reads how far all clients are behind.
     *
     * @return cold; emits the clients that have a stored position
     */
    public Mono<List<ClientLag>> readAll() {
        return read(new String[0], true);
    }

    private Mono<List<ClientLag>> read(String[] clients, boolean all) {
        return connections.read(
                "Read the lag of change stream clients",
                connection -> Rows.all(
                        connection
                                .createStatement(LAGS)
                                .bind(0, ClientLag.COUNTED)
                                .bind(1, clients)
                                .bind(2, all),
                        Lags::lag));
    }

    private static ClientLag lag(Readable row) {
        return new ClientLag(
                Objects.requireNonNull(row.get(0, String.class)),
                Objects.requireNonNull(row.get(1, Long.class)),
                Duration.ofMillis(Objects.requireNonNull(row.get(2, Long.class))));
    }

    /**
     * Reads how large the changelog is.
     *
     * @return cold; emits its size
     */
    public Mono<Size> size() {
        return connections.read(
                "Read the changelog's size",
                connection -> Rows.one(
                        connection.createStatement(SIZE),
                        row -> new Size(
                                Objects.requireNonNull(row.get(0, Long.class)),
                                Objects.requireNonNull(row.get(1, Long.class)))));
    }

    /**
     * How large the changelog is.
     *
     * @param rows how many changes are kept, at most
     * @param bytes how much disk they take, with indexes
     */
    public record Size(long rows, long bytes) {}
}
