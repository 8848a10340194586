// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A fresh database for each test class, with a leak check after each test.
 *
 * {@snippet :
 * @RegisterExtension
 * static final PostgresDatabase database = PostgresDatabase.empty();
 * }
 *
 * <p>After each test, within five seconds, the database must have no more sessions and advisory locks than before that
 * test, no session that is idle in a transaction, and no prepared transaction. After the last test, and after the methods
 * annotated {@code @AfterAll}, no session at all may be left. Then the database is dropped. Tests of one class must not
 * run in parallel.
 */
public final class PostgresDatabase
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private final Supplier<? extends PostgresServer> server;
    private final Function<PostgresServer, TestDatabase> creation;
    private int keptSessions;
    private Duration grace = LeakCheck.GRACE;

    private @Nullable String owner;
    private @Nullable TestDatabase database;
    private @Nullable LeakCheck check;
    private @Nullable DatabaseUse before;

    private PostgresDatabase(
            Supplier<? extends PostgresServer> server, Function<PostgresServer, TestDatabase> creation) {
        this.server = server;
        this.creation = creation;
    }

    /**
     * An empty database on the shared server.
     *
     * @return an extension for a static field
     */
    public static PostgresDatabase empty() {
        return new PostgresDatabase(PostgresServer::shared, PostgresServer::createDatabase);
    }

    /**
     * A clone of a template, on the shared server.
     *
     * @param template what to clone; initialized once per JVM
     * @return an extension for a static field
     */
    public static PostgresDatabase from(Template template) {
        return new PostgresDatabase(PostgresServer::shared, server -> server.createDatabase(template));
    }

    /**
     * The same on another server.
     *
     * @param other called before the first test of the class; the creator of the server closes it
     * @return an extension for a static field
     */
    public PostgresDatabase on(Supplier<? extends PostgresServer> other) {
        PostgresDatabase moved = new PostgresDatabase(other, creation);
        moved.keptSessions = keptSessions;
        moved.grace = grace;
        return moved;
    }

    /**
     * Allows for a pool that lives as long as the test class and opens its connections when it needs them.
     *
     * @param max that many sessions may stay after a test, even if there were fewer before it; the class must close them
     *     in {@code @AfterAll}
     * @return this extension
     * @throws IllegalArgumentException if the number is negative
     */
    public PostgresDatabase keepingSessions(int max) {
        if (max < 0) {
            throw new IllegalArgumentException("keepingSessions must be 0 or more, is " + max);
        }
        keptSessions = max;
        return this;
    }

    /** For tests of the leak check, which wait for leaks that stay. */
    PostgresDatabase grace(Duration max) {
        grace = max;
        return this;
    }

    /**
     * The database of the running test class.
     *
     * @return the database, as its administrator sees it
     * @throws IllegalStateException outside of a test class
     */
    public TestDatabase get() {
        if (database == null) {
            throw new IllegalStateException("There is a database only while the test class runs,"
                    + " and only if the extension is in a static field annotated @RegisterExtension");
        }
        return database;
    }

    /**
     * Opens a JDBC connection as administrator, as {@link TestDatabase#connect}.
     *
     * @return the connection, which the caller closes
     * @throws SQLException if the server refuses it
     */
    public Connection connect() throws SQLException {
        return get().connect();
    }

    /**
     * Executes statements as administrator, as {@link TestDatabase#execute}.
     *
     * @param sql statements separated by semicolons
     */
    public void execute(String sql) {
        get().execute(sql);
    }

    /**
     * Reads one value as administrator, as {@link TestDatabase#queryForString}.
     *
     * @param sql a query that returns one row, with {@code ?} for parameters
     * @param parameters values for the question marks
     * @return the value as text
     */
    public @Nullable String queryForString(String sql, Object... parameters) {
        return get().queryForString(sql, parameters);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (database == null) {
            owner = context.getUniqueId();
            database = creation.apply(server.get());
            check = new LeakCheck(database, grace);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        before = check().now();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (before != null) {
            int sessions = Math.max(keptSessions, before.sessions().size());
            check().verify(
                            "after " + context.getDisplayName(),
                            sessions,
                            before.advisoryLocks().size());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // Nested test classes inherit the extension; the database belongs to the class that declares it.
        if (!context.getUniqueId().equals(owner)) {
            return;
        }
        TestDatabase finished = get();
        LeakCheck lastCheck = check();
        database = null;
        check = null;
        before = null;
        AssertionError leak = null;
        try {
            lastCheck.verify("after all tests of " + context.getDisplayName(), 0, 0);
        } catch (AssertionError e) {
            leak = e;
        }
        drop(finished, leak);
    }

    private static void drop(TestDatabase database, @Nullable AssertionError leak) {
        try {
            database.drop();
        } catch (RuntimeException e) {
            if (leak == null) {
                throw e;
            }
            leak.addSuppressed(e);
        }
        if (leak != null) {
            throw leak;
        }
    }

    private LeakCheck check() {
        get();
        return Objects.requireNonNull(check);
    }
}
