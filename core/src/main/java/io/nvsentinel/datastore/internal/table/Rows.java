// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.table;

import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs a statement and reads its whole, bounded result: nothing is left on the connection when it goes back. */
public final class Rows {

    private Rows() {}

    /**
     * Runs a statement and maps all its rows.
     *
     * @param statement the statement, bound
     * @param mapper maps one row
     * @param <T> what a row becomes
     * @return cold; emits the rows as one list
     */
    public static <T> Mono<List<T>> all(Statement statement, Function<? super Readable, T> mapper) {
        return Flux.from(statement.execute())
                .concatMap(result -> result.map(mapper))
                .collectList();
    }

    /**
     * Runs a statement and passes all its rows on.
     *
     * @param statement the statement, bound
     * @param reader takes one row
     * @return cold; completes when all rows have arrived
     */
    public static Mono<Void> each(Statement statement, Consumer<? super Readable> reader) {
        return Flux.from(statement.execute())
                // The rows go no further than this.
                .concatMap(result -> Flux.from(result.map(row -> {
                            reader.accept(row);
                            return true;
                        }))
                        .then())
                .then();
    }

    /**
     * Runs a statement that gives at most one row.
     *
     * @param statement the statement, bound
     * @param mapper maps the row
     * @param <T> what a row becomes
     * @return cold; emits the row, or nothing
     */
    public static <T> Mono<T> one(Statement statement, Function<? super Readable, T> mapper) {
        return all(statement, mapper).mapNotNull(rows -> rows.isEmpty() ? null : rows.get(0));
    }

    /**
     * Runs a statement that writes.
     *
     * @param statement the statement, bound
     * @return cold; emits how many rows it wrote
     */
    public static Mono<Long> written(Statement statement) {
        return Flux.from(statement.execute()).concatMap(Result::getRowsUpdated).reduce(0L, Long::sum);
    }

    /**
     * Binds values by position.
     *
     * @param statement the statement
     * @param values the values of {@code $1}, {@code $2} …
     * @return the statement
     */
    public static Statement bind(Statement statement, List<?> values) {
        for (int i = 0; i < values.size(); i++) {
            statement.bind(i, values.get(i));
        }
        return statement;
    }
}
