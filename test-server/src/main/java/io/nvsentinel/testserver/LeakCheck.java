// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Looks, from outside, at what clients hold in a database, and fails if it is more than they may. */
final class LeakCheck {

    /** Reactive drivers close asynchronously: a session may live a moment longer than its test. */
    static final Duration GRACE = Duration.ofSeconds(5);

    private final TestDatabase database;
    private final Duration grace;

    LeakCheck(TestDatabase database, Duration grace) {
        this.database = database;
        this.grace = grace;
    }

    DatabaseUse now() {
        try (Connection admin = database.server().admin().connect()) {
            return DatabaseUse.read(admin, database.name());
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /** Waits until no more sessions and advisory locks are left than allowed, and no transaction is open. */
    void verify(String when, int allowedSessions, int allowedLocks) {
        try (Connection admin = database.server().admin().connect()) {
            Await.until(
                    "no leak in " + database.name() + " " + when,
                    grace,
                    () -> look(admin, allowedSessions, allowedLocks),
                    finding -> finding.leaks().isEmpty());
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private Finding look(Connection admin, int allowedSessions, int allowedLocks) {
        try {
            DatabaseUse use = DatabaseUse.read(admin, database.name());
            return new Finding(use.leaks(allowedSessions, allowedLocks), use.sessions());
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private IllegalStateException unreadable(SQLException cause) {
        return new IllegalStateException(
                "Cannot look for leaks in " + database.name() + ": " + cause.getMessage(), cause);
    }

    private record Finding(List<String> leaks, List<String> sessions) {
        @Override
        public String toString() {
            return String.join("; ", leaks) + "\nSessions:\n  " + String.join("\n  ", sessions);
        }
    }
}
