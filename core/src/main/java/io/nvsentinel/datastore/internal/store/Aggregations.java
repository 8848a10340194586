// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.AggregationSql;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.table.StoredRows;
import io.nvsentinel.datastore.internal.table.Table;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Runs aggregations. A result is read completely while a connection is in use, and is rejected if it is too large for
 * that.
 */
final class Aggregations {

    private static final long MAX_BYTES = 64L * 1024 * 1024;

    private final Session session;
    private final Table table;

    Aggregations(Session session, Table table) {
        this.session = session;
        this.table = table;
    }

    /**
     * Runs one.
     *
     * @param decode makes a result of a document, in UTF-8
     */
    <R> Flux<R> run(Aggregation aggregation, Function<byte[], R> decode) {
        return Mono.fromSupplier(() -> AggregationSql.render(aggregation, table.quoted(), table.fields()))
                .flatMap(sql -> session.read(
                        "Aggregate in " + table.name(),
                        connection -> Mono.defer(() -> {
                            AtomicLong bytes = new AtomicLong();
                            return Rows.all(
                                    Rows.bind(connection.createStatement(sql.sql()), sql.bindings()),
                                    row -> read(row, bytes));
                        })))
                .flatMapIterable(rows -> checked(rows, aggregation.maxResults()))
                .map(decode);
    }

    private static byte[] read(Readable row, AtomicLong bytes) {
        byte[] document = StoredRows.required(row, 0, Json.class).asArray();
        if (bytes.addAndGet(document.length) > MAX_BYTES) {
            throw new InvalidRequestException("the result of the aggregation is larger than " + MAX_BYTES
                    + " bytes; narrow it with match, limit or project");
        }
        return document;
    }

    private static List<byte[]> checked(List<byte[]> rows, int maxResults) {
        if (rows.size() > maxResults) {
            throw new InvalidRequestException("the aggregation has more than " + maxResults
                    + " results; add a limit, or allow more with maxResults");
        }
        return rows;
    }
}
