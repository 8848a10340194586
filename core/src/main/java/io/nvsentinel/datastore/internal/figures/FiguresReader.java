// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.figures;

import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.figures.Figures.DeadLetters;
import io.nvsentinel.datastore.internal.figures.Figures.Index;
import io.nvsentinel.datastore.internal.figures.Figures.Table;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Reads {@link Figures}. Asks the catalogues and the statistics, and of the tables only the dead letters. */
public final class FiguresReader {

    /** Reading a size waits for an exclusive lock on the table; a locked table is omitted. */
    private static final String OURS = """
            class.relnamespace = to_regnamespace('{schema}')
                AND (class.relname = ANY (ARRAY['datastore_changelog', 'resume_tokens', 'dead_letters', 'handled_changes',
                        'group_members'])
                    OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgname = 'nvsentinel_capture'))
                AND NOT EXISTS (SELECT FROM pg_locks WHERE relation = class.oid AND mode = 'AccessExclusiveLock')
            """;

    private static final String TABLES = """
            SELECT class.relname::text, pg_stat_get_live_tuples(class.oid), pg_stat_get_dead_tuples(class.oid),
                coalesce(pg_total_relation_size(class.oid), 0)
            FROM pg_class AS class
            WHERE class.relkind = 'r' AND\s""" + OURS + "ORDER BY class.relname";

    private static final String INDEXES = """
            SELECT class.relname::text, index.relname::text, pg_stat_get_numscans(index.oid),
                coalesce(pg_relation_size(index.oid), 0)
            FROM pg_class AS class
            JOIN pg_index ON pg_index.indrelid = class.oid
            JOIN pg_class AS index ON index.oid = pg_index.indexrelid
            WHERE class.relkind = 'r' AND\s""" + OURS + "ORDER BY class.relname, index.relname";

    private static final String DEAD_LETTERS =
            "SELECT client_name, count(*) FROM {schema}.dead_letters GROUP BY client_name ORDER BY client_name";

    private final Connections connections;

    /**
     * Reads nothing yet.
     *
     * @param connections the connections
     */
    public FiguresReader(Connections connections) {
        this.connections = connections;
    }

    /**
     * Reads them.
     *
     * @return cold; emits the figures; uses one connection, one statement after the other
     */
    public Mono<Figures> read() {
        return connections.read("Read the table statistics", FiguresReader::figures);
    }

    private static Mono<Figures> figures(Connection connection) {
        return Rows.all(connection.createStatement(TABLES), FiguresReader::table)
                .flatMap(tables -> Rows.all(connection.createStatement(INDEXES), FiguresReader::index)
                        .flatMap(indexes -> Rows.all(
                                        connection.createStatement(DEAD_LETTERS),
                                        row -> new DeadLetters(text(row, 0), number(row, 1)))
                                .map(letters -> new Figures(tables, indexes, letters))));
    }

    private static Table table(Readable row) {
        return new Table(text(row, 0), number(row, 1), number(row, 2), number(row, 3));
    }

    private static Index index(Readable row) {
        return new Index(text(row, 0), text(row, 1), number(row, 2), number(row, 3));
    }

    private static String text(Readable row, int column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }

    private static long number(Readable row, int column) {
        return Objects.requireNonNull(row.get(column, Long.class));
    }
}
