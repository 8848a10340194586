// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import reactor.core.publisher.Flux;

/** Single inserts through this library. */
public final class OurInserts implements InsertPeer {

    private final Ours ours;

    /**
     * Connects.
     *
     * @param database where
     */
    public OurInserts(Database database) {
        ours = Ours.connect(database);
    }

    @Override
    public String name() {
        return Ours.NAME;
    }

    @Override
    public void insert(Rows rows, int callers) {
        Flux.fromIterable(rows.documents()).flatMap(ours::insert, callers).blockLast();
    }

    @Override
    public void close() {
        ours.close();
    }
}
