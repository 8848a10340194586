// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import java.util.Objects;

/** A primary and a standby that streams from it, both from binaries on the class path, and proxies in front of them. */
final class ServerPair implements AutoCloseable {

    static final String FIRST = "first";

    private static final String SECOND = "second";
    private static final String APPLICATION = "failover";
    private static final Duration SOON = Duration.ofSeconds(60);

    private final EmbeddedServer first;
    private final EmbeddedServer second;
    private final TcpProxy name;
    private final TcpProxy toFirst;
    private final TcpProxy toSecond;
    private volatile long movedNanos = Long.MAX_VALUE;

    private ServerPair(EmbeddedServer first, EmbeddedServer second) {
        this.first = first;
        this.second = second;
        this.name = TcpProxy.to(first.host(), first.port());
        this.toFirst = TcpProxy.to(first.host(), first.port());
        this.toSecond = TcpProxy.to(second.host(), second.port());
    }

    static ServerPair start(Replication replication) {
        EmbeddedServer first = PostgresServer.embedded()
                .setting("synchronous_commit", replication.synchronousCommit())
                .start();
        try {
            migrate(first);
            EmbeddedServer second = first.startReplica(SECOND);
            if (replication.waits()) {
                first.admin().execute("ALTER SYSTEM SET synchronous_standby_names = '" + SECOND + "'");
                first.admin().execute("SELECT pg_reload_conf()");
                Await.until(
                        "the synchronous standby",
                        SOON,
                        () -> "sync"
                                .equals(first.admin()
                                        .queryForString("SELECT max(sync_state) FROM pg_stat_replication")));
            }
            return new ServerPair(first, second);
        } catch (RuntimeException e) {
            first.close();
            throw e;
        }
    }

    private static void migrate(EmbeddedServer server) {
        Datastore datastore = Objects.requireNonNull(Datastore.connect(
                        options(address(server)).schemaMode(SchemaMode.MIGRATE).build())
                .block(SOON));
        datastore.close().block(SOON);
    }

    /** Options with all defaults, for the database that both have. */
    static DatastoreOptions.Builder options(String hosts) {
        return DatastoreOptions.builder()
                .host(hosts)
                .port(1)
                .database("postgres")
                .username("postgres")
                .applicationName(APPLICATION)
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE);
    }

    static String address(EmbeddedServer server) {
        return server.host() + ":" + server.port();
    }

    static String address(TcpProxy proxy) {
        return proxy.host() + ":" + proxy.port();
    }

    EmbeddedServer first() {
        return first;
    }

    EmbeddedServer second() {
        return second;
    }

    TcpProxy toFirst() {
        return toFirst;
    }

    TcpProxy toSecond() {
        return toSecond;
    }

    /** A name that leads to the first server until {@link #moveName}. */
    TcpProxy name() {
        return name;
    }

    void moveName() {
        name.leadTo(second.host(), second.port());
        writesMoveNow();
    }

    void promote() {
        second.promote();
        writesMoveNow();
    }

    /** From now on, writes can succeed on the second server only. */
    void writesMoveNow() {
        movedNanos = System.nanoTime();
    }

    /** When they could, in the nanoseconds of this program. */
    long movedNanos() {
        return movedNanos;
    }

    /** Waits until a client has connected through a proxy. */
    static void awaitAttempt(TcpProxy proxy) {
        Await.until("an attempt to connect", SOON, () -> !proxy.connections().isEmpty());
    }

    /** Waits until the first server has accepted writes that the second one does not have. */
    void awaitForeignWrites() {
        long before = rows(first);
        Await.until("writes to the former primary, or none at all", SOON, () -> rows(first) > before + 20 || isStuck());
    }

    private boolean isStuck() {
        return Objects.requireNonNull(first.admin()
                                .queryForString("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
                        .compareTo("0")
                > 0;
    }

    private static long rows(EmbeddedServer server) {
        return Long.parseLong(
                Objects.requireNonNull(server.admin().queryForString("SELECT count(*) FROM health_events")));
    }

    /** The time of the machine, as both servers have it. */
    String now() {
        return Objects.requireNonNull(second.admin().queryForString("SELECT clock_timestamp()::text"));
    }

    /** How many connections of the load a server has. */
    static long sessions(EmbeddedServer server) {
        return sessions(server, "-infinity");
    }

    /**
     * How many a server has that were made after a moment, without those whose process waits for a standby. Of older ones it may not
     * know that their client has gone: a server asks after hours, unless {@code tcp_keepalives_idle} says otherwise.
     */
    static long sessions(EmbeddedServer server, String since) {
        return Long.parseLong(Objects.requireNonNull(server.admin()
                .queryForString(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE ? AND backend_start >"
                                + " ?::timestamptz AND wait_event IS DISTINCT FROM 'SyncRep'",
                        APPLICATION + "%",
                        since)));
    }

    @Override
    public void close() {
        name.close();
        toFirst.close();
        toSecond.close();
        second.close();
        first.close();
    }
}
