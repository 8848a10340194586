// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A server that runs from binaries on the class path, in its own data directory. A test can stop, kill and restart it
 * with the same port and data.
 *
 * <p>{@link #close} stops it and deletes its data.
 */
public final class EmbeddedServer extends PostgresServer {

    private static final Duration REPLICA_WAIT = Duration.ofSeconds(30);

    private final EmbeddedPostgres firstRun;
    private final PgControl control;
    private final EmbeddedSetup setup;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean frozen = new AtomicBoolean();

    private EmbeddedServer(EmbeddedPostgres firstRun, PgControl control, EmbeddedSetup setup) {
        super(new Access("localhost", firstRun.getPort(), "postgres", "postgres", null));
        this.firstRun = firstRun;
        this.control = control;
        this.setup = setup;
    }

    static EmbeddedServer start(EmbeddedSetup setup, Consumer<String> progress) {
        PgControl control = PgControl.create(setup.dataParent());
        progress.accept(
                control.hasBinaries()
                        ? "Starting PostgreSQL"
                        : "Unpacking PostgreSQL (once on this machine, takes some seconds)");
        EmbeddedServer server = new EmbeddedServer(firstRun(setup, control), control, setup);
        try {
            server.createRoles(setup.access());
            progress.accept("PostgreSQL " + server.majorVersion() + " runs on port " + server.port());
        } catch (RuntimeException e) {
            server.shutDown();
            throw e;
        }
        return server;
    }

    private static EmbeddedPostgres firstRun(EmbeddedSetup setup, PgControl control) {
        EmbeddedPostgres.Builder builder = builder(control);
        setup.applyTo(builder);
        return run(builder, control);
    }

    private static EmbeddedPostgres.Builder builder(PgControl control) {
        return EmbeddedPostgres.builder()
                .setDataDirectory(control.data())
                .setRegisterShutdownHook(false)
                .setOutputRedirector(Redirect.appendTo(control.log().toFile()));
    }

    private static EmbeddedPostgres run(EmbeddedPostgres.Builder builder, PgControl control) {
        try {
            return builder.start();
        } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
            String log = control.logTail();
            discard(control, e);
            boolean telling = log.contains("FATAL") || log.contains("error");
            throw new IllegalStateException(
                    "The embedded PostgreSQL does not start: " + e.getMessage()
                            + (telling ? "\nIts log ends with\n" + log : ""),
                    e);
        }
    }

    private static void discard(PgControl control, Throwable failure) {
        try {
            if (control.isRunning()) {
                control.control("stop", "-m", "immediate");
            }
            control.delete();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private void createRoles(ServerAccess access) {
        access.certificateUsers().forEach(user -> createRole(user, ""));
        access.passwordUsers()
                .forEach((user, password) -> createRole(user, " PASSWORD '" + password.replace("'", "''") + "'"));
    }

    private void createRole(String name, String password) {
        try (Connection connection = admin().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE \"" + name + "\" LOGIN" + password);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot create the role " + name + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean isEmbedded() {
        return true;
    }

    /**
     * Whether the server's process runs.
     *
     * @return false after {@link #stop}, {@link #stopImmediately}, {@link #kill} and {@link #close}
     */
    public boolean isRunning() {
        return control.isRunning();
    }

    /**
     * The server's data directory.
     *
     * @return an existing directory, until {@link #close}
     */
    public Path dataDirectory() {
        return control.data();
    }

    /**
     * What the server logged last, for finding out why it refused something.
     *
     * @return up to 30 lines
     */
    public String logTail() {
        return control.logTail();
    }

    /**
     * Stops the server in order: sessions end with SQLSTATE 57P01, open transactions roll back.
     *
     * @throws IllegalStateException if it does not run or does not stop
     */
    public void stop() {
        control.control("stop", "-m", "fast");
    }

    /**
     * Stops the server at once, without a checkpoint; the next start recovers from the log.
     *
     * @throws IllegalStateException if it does not run or does not stop
     */
    public void stopImmediately() {
        control.control("stop", "-m", "immediate");
    }

    /**
     * Kills the server's processes with SIGKILL and waits until they have ended. Clients see their connections reset or
     * closed. Committed transactions survive, because the operating system continues to run, regardless of
     * {@code fsync}.
     *
     * @throws IllegalStateException if it does not run
     */
    public void kill() {
        control.kill();
    }

    /**
     * Stops the server's processes with SIGSTOP, as a virtual machine that is suspended: connections stay open, the operating
     * system accepts new ones, and nothing is answered until {@link #thaw}. Needs the program {@code kill}.
     *
     * @throws IllegalStateException if it does not run
     */
    public void freeze() {
        frozen.set(true);
        control.freeze();
    }

    /**
     * Lets a frozen server continue.
     *
     * @throws IllegalStateException if it does not run
     */
    public void thaw() {
        control.thaw();
        frozen.set(false);
    }

    /**
     * Starts the server again on the same port and data, stopping it in order before if it runs. Blocks until it accepts
     * connections.
     *
     * @throws IllegalStateException if it does not start
     */
    public void restart() {
        control.control("restart", "-m", "fast");
    }

    /**
     * Starts another server with a copy of this one's data, and so of the same system identifier, as a standby without
     * a primary. This server is stopped cleanly during the copy.
     *
     * @return the running standby, which the caller closes
     * @throws IllegalStateException if it does not start
     */
    public EmbeddedServer startStandby() {
        return startCopy(PgControl::becomeStandby);
    }

    /**
     * Starts another server with a copy of this one's data, as a standby that streams from this one. This server is stopped in
     * order for the time of the copy. Only for servers without users or {@code pg_hba.conf} lines of their own.
     *
     * @param name the standby's {@code application_name}, for {@code synchronous_standby_names}; a plain word
     * @return the running standby, which has begun to stream, and which the caller closes
     * @throws IllegalStateException if it does not start, or does not stream within 30 s
     */
    public EmbeddedServer startReplica(String name) {
        EmbeddedServer replica = startCopy(copy -> copy.becomeStandbyOf(access(), name));
        awaitReplica(name);
        return replica;
    }

    /**
     * What this standby has of a database of its primary.
     *
     * @param database a database there, which has been replicated
     * @return the administrator's view of it here
     */
    public TestDatabase replicaOf(TestDatabase database) {
        return database(database.name());
    }

    /**
     * Starts this server, which is stopped, as a standby that streams from another one. Both must have the same history up to
     * the end of this one's: as after a switchover, in which this one was stopped in order before the other was promoted. Settings
     * that were made with {@code ALTER SYSTEM} here are dropped.
     *
     * @param primary the server to follow
     * @param name this server's {@code application_name} there; a plain word
     * @throws IllegalStateException if it does not start, or does not stream within 30 s
     */
    public void follow(EmbeddedServer primary, String name) {
        control.becomeStandbyOf(primary.access(), name);
        restart();
        primary.awaitReplica(name);
    }

    private void awaitReplica(String name) {
        Await.until(
                "the standby " + name + " streams",
                REPLICA_WAIT,
                () -> "streaming"
                        .equals(admin().queryForString(
                                        "SELECT max(state) FROM pg_stat_replication WHERE application_name = ?",
                                        name)));
    }

    private EmbeddedServer startCopy(Consumer<PgControl> prepare) {
        PgControl other = PgControl.create(setup.dataParent());
        stop();
        control.copyTo(other);
        restart();
        prepare.accept(other);
        EmbeddedPostgres.Builder builder = builder(other).setCleanDataDirectory(false);
        setup.applyCommandLine(builder);
        EmbeddedServer standby = new EmbeddedServer(run(builder, other), other, setup);
        standby.closeAtExit();
        return standby;
    }

    /**
     * Restarts this server as a standby without a primary: it is in recovery until {@link #promote}.
     *
     * @throws IllegalStateException if it does not start
     */
    public void demote() {
        control.becomeStandby();
        restart();
    }

    /**
     * Promotes a standby, which begins a new timeline. Blocks until it accepts writes.
     *
     * @throws IllegalStateException if it is no standby
     */
    public void promote() {
        control.control("promote");
    }

    /**
     * Replaces the server's certificate, key and client authorities. Sessions stay; the server uses the new material for
     * new connections as soon as it has read it, which may be a moment after this method returns.
     *
     * @param material the new material
     */
    public void replaceTls(TlsMaterial material) {
        try {
            ServerAccess.writeTls(control.data(), material);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        control.control("reload");
    }

    @Override
    void shutDown() {
        if (closed.getAndSet(true)) {
            return;
        }
        try {
            if (control.isRunning()) {
                if (frozen.get()) {
                    thaw();
                }
                firstRun.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        control.delete();
    }
}
