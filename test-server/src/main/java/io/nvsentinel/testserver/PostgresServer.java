// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A running PostgreSQL server. Safe for use by several threads.
 *
 * <p>{@link #shared()} is the server that most tests use: one per JVM, which stops when the JVM ends.
 * {@link #embedded()} starts a separate server, which its creator must close.
 */
public abstract class PostgresServer implements AutoCloseable {

    private final Access admin;
    private final Databases databases = new Databases();
    private volatile @Nullable Thread exitHook;

    PostgresServer(Access admin) {
        this.admin = admin;
    }

    /**
     * The server of this JVM, started by the first call and stopped when the JVM ends.
     *
     * <p>The environment variable {@code TEST_POSTGRES_URL} chooses it:
     * {@code postgresql://user:password@host:port/database} (without {@code :password} for a user without a password)
     * is a server that is already running; its user must be allowed to create databases; {@code docker} is a container,
     * {@code embedded} the binaries on the class path. Without the variable it is a container where Docker runs and
     * Testcontainers is on the class path, else the binaries.
     *
     * <p>A server started here has 300 connections, 50 prepared transactions, {@code fsync} off,
     * {@code synchronous_commit} on, and a time zone that is not UTC, so that code which depends on the server's zone
     * shows. The system property {@code postgres.major}, 14 to 18, is the major version: a container runs it (18
     * without the property), embedded binaries must have it.
     *
     * @return the shared server
     * @throws IllegalStateException if it cannot be started, or has not the wanted version
     * @throws IllegalArgumentException if the environment variable or the property has no allowed value
     */
    public static PostgresServer shared() {
        return SharedServer.get();
    }

    /**
     * Prepares an embedded server of one's own.
     *
     * @return a new builder, with the settings of the shared server
     */
    public static EmbeddedServerBuilder embedded() {
        return new EmbeddedServerBuilder();
    }

    /**
     * The host that the server listens on.
     *
     * @return a host name or address
     */
    public final String host() {
        return admin.host();
    }

    /**
     * The port that the server listens on.
     *
     * @return a TCP port
     */
    public final int port() {
        return admin.port();
    }

    /**
     * The user that creates and drops databases: a superuser, except perhaps on a server that the environment names.
     *
     * @return a role name
     */
    public final String adminUser() {
        return admin.user();
    }

    /**
     * The administrator's password.
     *
     * @return the password, or null if none is needed
     */
    public final @Nullable String adminPassword() {
        return admin.password();
    }

    /**
     * The database that the administrator logs in to.
     *
     * @return a database name
     */
    public final String adminDatabase() {
        return admin.database();
    }

    /**
     * The major version, asked of the server.
     *
     * @return for example 18
     * @throws IllegalStateException if the server does not answer
     */
    public final int majorVersion() {
        return Integer.parseInt(Objects.requireNonNull(
                admin().queryForString("SELECT current_setting('server_version_num')::int / 10000")));
    }

    /**
     * Whether the server runs from binaries on the class path, as a process of this machine.
     *
     * @return true if it is an {@link EmbeddedServer}
     */
    public boolean isEmbedded() {
        return false;
    }

    /**
     * Creates an empty database.
     *
     * @return a database of a unique name, owned by the administrator
     * @throws IllegalStateException if the server refuses
     */
    public final TestDatabase createDatabase() {
        return databases.create(this);
    }

    /**
     * Creates a database as a clone of a template, which is initialized first if this server does not have it yet.
     *
     * @param template what to clone
     * @return a database of a unique name, owned by the administrator
     * @throws IllegalStateException if the server refuses, for example because the initializer left a connection open
     */
    public final TestDatabase createDatabase(Template template) {
        return databases.create(this, template);
    }

    /**
     * The administrator's view of the administrator's database.
     *
     * @return that database, which must not be dropped
     */
    public final TestDatabase admin() {
        return new TestDatabase(this, admin);
    }

    final Access access() {
        return admin;
    }

    final TestDatabase database(String name) {
        return new TestDatabase(this, admin.withDatabase(name));
    }

    final Databases databases() {
        return databases;
    }

    /**
     * Stops the server if it was started here, and removes what it left; on a server that the environment names, drops
     * the databases created here. Closing again does nothing.
     *
     * @throws IllegalStateException if this is the shared server, which other tests still need
     */
    @Override
    public final void close() {
        if (SharedServer.is(this)) {
            throw new IllegalStateException("The shared server stops when the JVM ends; do not close it");
        }
        Thread hook = exitHook;
        exitHook = null;
        if (hook != null) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        shutDown();
    }

    /** Closes the server when the JVM ends, unless it is closed before. */
    final void closeAtExit() {
        Thread hook = new Thread(this::shutDown, "postgres-" + port() + "-exit");
        exitHook = hook;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** What {@link #close} does; at most once. */
    abstract void shutDown();

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + admin + "]";
    }
}
