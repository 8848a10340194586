// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares, for each document of the source, its checksum with the checksum that the server computes from the stored
 * record. Stored data is not transferred.
 */
final class Verification {

    private static final int MOST_NAMED = 10;

    private final Connection connection;
    private final String sql;
    private final List<String> named = new ArrayList<>();
    private long equal;
    private long different;
    private long missing;

    Verification(Connection connection, CollectionTable collection) {
        this.connection = connection;
        this.sql = "SELECT s.number, t.id IS NULL FROM unnest(?::uuid[], ?::uuid[]) WITH ORDINALITY AS s "
                + "(id, checksum, number)"
                + " LEFT JOIN " + collection.table() + " t ON t.id = s.id"
                + " WHERE md5(t.data::text)::uuid IS DISTINCT FROM s.checksum ORDER BY s.number";
    }

    void verify(List<Receipts.Receipt> page) throws SQLException {
        int found = 0;
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "uuid", page.stream().map(Receipts.Receipt::id).toArray()));
            select.setArray(
                    2,
                    connection.createArrayOf(
                            "uuid",
                            page.stream().map(Receipts.Receipt::checksum).toArray()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    note(page.get(rows.getInt(1) - 1), rows.getBoolean(2));
                    found++;
                }
            }
        } finally {
            connection.rollback();
        }
        equal += page.size() - found;
    }

    private void note(Receipts.Receipt receipt, boolean isMissing) {
        if (isMissing) {
            missing++;
        } else {
            different++;
        }
        if (named.size() < MOST_NAMED) {
            named.add("line " + receipt.line() + ": record " + receipt.id() + " "
                    + (isMissing ? "is missing" : "differs from the source"));
        }
    }

    long equal() {
        return equal;
    }

    long different() {
        return different;
    }

    long missing() {
        return missing;
    }

    /** The first of the others, a line each. */
    List<String> named() {
        return named;
    }
}
