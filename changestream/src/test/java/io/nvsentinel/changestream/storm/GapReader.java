// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/**
 * A reader of the contiguous prefix that proves gaps dead, written again here in the simplest way, rightly or with one
 * of the mistakes that such readers make.
 */
final class GapReader implements Callable<List<Change>> {

    private static final int PAGE = 100;

    private static final String CHANGES =
            "SELECT id, table_name, record_id, operation, storm_stamp(coalesce(new_values, old_values)),"
                    + " pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
                    + " pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
                    + " FROM datastore_changelog WHERE id > ? ORDER BY id LIMIT " + PAGE;

    private static final String HOLDERS = """
            SELECT owner.transactionid::text FROM pg_locks AS held JOIN pg_locks AS owner USING (virtualtransaction)
            WHERE held.relation = 'datastore_changelog'::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
                AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND owner.locktype = 'transactionid' AND owner.mode = 'ExclusiveLock'""";

    /** How a gap is proven dead. */
    enum Proof {
        /**
         * The transactions that held the lock after the gap was seen have ended before the page is read. This reader is
         * correct.
         */
        HOLDERS_BEFORE_PAGE,
        /** The same, but looked at after the page: a change may become visible between the two. */
        HOLDERS_AFTER_PAGE,
        /** Every transaction below the snapshot's xmax is gone: a running one may have a higher id than that. */
        SNAPSHOT_XMAX,
        /** Right, but a restart takes what has been seen for what has been proven. */
        FENCES_DROPPED_ON_RESTART
    }

    private record Fence(long seen, Set<String> holders, long xmax) {}

    private final TestDatabase database;
    private final Proof proof;
    private final Random random;
    private final BooleanSupplier over;
    private final Runnable between;
    private final List<Change> received = new ArrayList<>();
    private final List<Fence> fences = new ArrayList<>();
    private final List<Change> page = new ArrayList<>();
    private long position;
    private long settled;
    private long gapSeen;
    private long xmin;
    private long xmax;

    /**
     * A reader.
     *
     * @param random when it restarts
     * @param over whether nothing more will be written
     * @param between an action after a page was read and before the holders are read, if they are read in that order
     */
    GapReader(TestDatabase database, Proof proof, Random random, BooleanSupplier over, Runnable between) {
        this.between = between;
        this.database = database;
        this.proof = proof;
        this.random = random;
        this.over = over;
    }

    @Override
    public List<Change> call() throws SQLException {
        try (Connection connection = database.connect();
                Statement holders = connection.createStatement();
                PreparedStatement changes = connection.prepareStatement(CHANGES)) {
            boolean last = false;
            while (!last || gapSeen > settled || !page.isEmpty()) {
                last = over.getAsBoolean();
                step(changes, holders);
                if (proof == Proof.FENCES_DROPPED_ON_RESTART && random.nextInt(20) == 0) {
                    settled = Math.max(settled, gapSeen);
                    fences.clear();
                }
            }
        }
        return received;
    }

    private void step(PreparedStatement changes, Statement holders) throws SQLException {
        boolean after = proof == Proof.HOLDERS_AFTER_PAGE;
        if (!after && gapSeen > settled) {
            prove(holders);
        }
        read(changes);
        if (after && gapSeen > settled) {
            between.run();
            prove(holders);
        }
        deliver();
    }

    private void read(PreparedStatement changes) throws SQLException {
        page.clear();
        changes.setLong(1, position);
        try (ResultSet rows = changes.executeQuery()) {
            while (rows.next()) {
                page.add(StormOracle.change(rows));
                xmin = rows.getLong(6);
                xmax = rows.getLong(7);
            }
        }
    }

    private void prove(Statement statement) throws SQLException {
        Set<String> holders = new HashSet<>();
        try (ResultSet rows = statement.executeQuery(HOLDERS)) {
            while (rows.next()) {
                holders.add(rows.getString(1));
            }
        }
        long seen = gapSeen;
        fences.add(new Fence(seen, holders, xmax));
        for (Fence fence : List.copyOf(fences)) {
            boolean done = proof == Proof.SNAPSHOT_XMAX
                    ? xmin >= fence.xmax()
                    : Collections.disjoint(fence.holders(), holders);
            if (done) {
                settled = Math.max(settled, fence.seen());
            }
        }
        fences.removeIf(fence -> fence.seen() <= settled);
    }

    private void deliver() {
        gapSeen = 0;
        for (Change change : page) {
            if (change.id() != position + 1 && change.id() > settled) {
                gapSeen = page.get(page.size() - 1).id();
                return;
            }
            received.add(change);
            position = change.id();
        }
    }
}
