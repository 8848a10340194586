// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.testserver.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two hosts with Debian's PostgreSQL under Patroni, in synchronous mode, an etcd, and an HAProxy that leads to the primary. It
 * runs in this program's own namespaces and ends with them.
 */
final class PatroniCluster {

    /** Patroni's bound for how long a leader may be silent: the least that it accepts. Its own default is 30 s. */
    static final Duration TTL = Duration.ofSeconds(20);

    private static final Duration LOOP_WAIT = Duration.ofSeconds(5);
    private static final Duration SOON = Duration.ofSeconds(120);
    private static final Duration HTTP = Duration.ofSeconds(2);
    private static final int REST = 8008;
    private static final int HAPROXY = 5000;
    private static final List<String> NEEDED =
            List.of("patroni", "etcd", "haproxy", "iptables", "ip", "setpriv", "mount", "install");

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(HTTP).build();
    private final Path directory;
    private final List<Host> hosts;

    private PatroniCluster(Path directory, List<Host> hosts) {
        this.directory = directory;
        this.hosts = hosts;
    }

    /** Why it cannot run here, in a sentence; null if it can. */
    static @Nullable String missing() {
        String absent =
                NEEDED.stream().filter(name -> Programs.find(name) == null).collect(Collectors.joining(", "));
        if (postgres() == null) {
            absent += absent.isEmpty() ? "PostgreSQL's programs" : ", PostgreSQL's programs";
        }
        if (!absent.isEmpty()) {
            return "Patroni's failovers are skipped: not installed here are " + absent
                    + " (on Debian: apt-get install postgresql patroni etcd-server haproxy iptables iproute2).";
        }
        return System.getenv(Network.OWN) == null
                ? "Patroni's failovers are skipped: network namespaces are not allowed here."
                : null;
    }

    /** Where the newest of Debian's PostgreSQL has its programs. */
    private static @Nullable Path postgres() {
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return null;
        }
        try (Stream<Path> each = Files.list(versions)) {
            return each.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("pg_rewind")))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static PatroniCluster start() {
        try {
            Path directory = Files.createTempDirectory("failover");
            Programs.run("install", "-d", "-o", "postgres", directory.toString());
            Host.makeBridge();
            PatroniCluster cluster = new PatroniCluster(directory, List.of(Host.make(1), Host.make(2)));
            cluster.startEtcd();
            cluster.hosts.forEach(cluster::configure);
            cluster.startPatroni(cluster.hosts.get(0));
            Await.until("a first primary", SOON, () -> cluster.leader() != null);
            cluster.startPatroni(cluster.hosts.get(1));
            cluster.startHaproxy();
            cluster.awaitSynchronous();
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startEtcd() {
        String url = "http://" + Host.OWN_ADDRESS + ":2379";
        Host.start(
                directory.resolve("etcd.log"),
                List.of(
                        "etcd",
                        "--data-dir",
                        directory.resolve("etcd").toString(),
                        "--listen-client-urls",
                        url,
                        "--advertise-client-urls",
                        url));
        Await.until("etcd", SOON, () -> status(url + "/health") == 200);
    }

    private void configure(Host host) {
        // Names of sockets are files, which hosts do not share.
        Programs.run(
                "install",
                "-d",
                "-o",
                "postgres",
                directory.resolve(host.name() + ".run").toString());
        write(
                host.name() + ".yml",
                String.format(
                        Locale.ROOT,
                        """
                scope: failover
                name: %1$s
                restapi: {listen: '%2$s:8008', connect_address: '%2$s:8008'}
                etcd3: {hosts: '%3$s:2379'}
                bootstrap:
                  dcs:
                    ttl: %4$d
                    loop_wait: %5$d
                    retry_timeout: 5
                    maximum_lag_on_failover: 1048576
                    synchronous_mode: true
                    postgresql:
                      use_pg_rewind: true
                      parameters: {max_connections: 200, wal_keep_size: 256MB, wal_log_hints: 'on'}
                  initdb: [{encoding: UTF8}]
                postgresql:
                  listen: '%2$s:5432'
                  connect_address: '%2$s:5432'
                  data_dir: '%6$s/%1$s'
                  bin_dir: '%7$s'
                  pgpass: '%6$s/%1$s.pgpass'
                  authentication:
                    superuser: {username: postgres, password: postgres}
                    replication: {username: replicator, password: replicator}
                  pg_hba:
                  - local all all trust
                  - host all all 10.77.0.0/24 scram-sha-256
                  - host replication replicator 10.77.0.0/24 scram-sha-256
                  parameters: {unix_socket_directories: '%6$s/%1$s.run'}
                """,
                        host.name(),
                        host.address(),
                        Host.OWN_ADDRESS,
                        TTL.toSeconds(),
                        LOOP_WAIT.toSeconds(),
                        directory,
                        postgres()));
    }

    private void startHaproxy() {
        String servers = hosts.stream()
                .map(host -> "    server " + host.name() + " " + host.address() + ":5432 check port " + REST + "\n")
                .collect(Collectors.joining());
        write("haproxy.cfg", String.format(Locale.ROOT, """
                defaults
                    mode tcp
                    timeout connect 4s
                    timeout client 2h
                    timeout server 2h
                    timeout check 2s
                listen primary
                    bind %s:%d
                    option httpchk OPTIONS /primary
                    http-check expect status 200
                    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
                %s""", Host.OWN_ADDRESS, HAPROXY, servers));
        Host.start(
                directory.resolve("haproxy.log"),
                List.of("haproxy", "-f", directory.resolve("haproxy.cfg").toString()));
    }

    private void write(String file, String text) {
        try {
            Files.writeString(directory.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts what {@link Host#killAll} has ended. */
    void startPatroni(Host host) {
        host.start(
                directory.resolve(host.name() + ".log"),
                "patroni",
                directory.resolve(host.name() + ".yml").toString());
    }

    /** Both hosts, for the option {@code host}. */
    String addresses() {
        return hosts.stream().map(host -> host.address() + ":5432").collect(Collectors.joining(","));
    }

    /** HAProxy's, for the option {@code host}. */
    String haproxy() {
        return Host.OWN_ADDRESS + ":" + HAPROXY;
    }

    /** The host whose Patroni says that it is the primary; null if none does. */
    @Nullable
    Host leader() {
        return hosts.stream()
                .filter(host -> status(rest(host) + "/primary") == 200)
                .findFirst()
                .orElse(null);
    }

    Host awaitLeader() {
        return Await.until("a primary", SOON, this::leader, host -> host != null);
    }

    Host other(Host host) {
        return hosts.get(0).equals(host) ? hosts.get(1) : hosts.get(0);
    }

    /** Waits until a standby has everything that is acknowledged. */
    void awaitSynchronous() {
        Await.until(
                "a synchronous standby",
                SOON,
                () -> hosts.stream().anyMatch(host -> status(rest(host) + "/synchronous") == 200));
    }

    /** Asks for an ordered change of the primary. */
    void switchOver(Host leader) {
        String body = "{\"leader\": \"" + leader.name() + "\", \"candidate\": \""
                + other(leader).name() + "\"}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(rest(leader) + "/switchover"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            int status = http.send(request, BodyHandlers.discarding()).statusCode();
            if (status >= 300) {
                throw new IllegalStateException("Patroni refuses a switchover with status " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Waits until a host's server accepts writes; returns when that was, in the nanoseconds of this program. */
    long awaitPromotion(Host host) {
        Await.until("the promotion of " + host.name(), SOON, () -> isPrimary(host));
        return System.nanoTime();
    }

    private static boolean isPrimary(Host host) {
        try (Connection connection = connect(host);
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("SELECT NOT pg_is_in_recovery()")) {
            return answer.next() && answer.getBoolean(1);
        } catch (SQLException e) {
            return false;
        }
    }

    /** The first column of all rows on a host. */
    static List<String> query(Host host, String sql) {
        try (Connection connection = connect(host);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot ask " + host.name(), e);
        }
    }

    private static Connection connect(Host host) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("password", "postgres");
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "10");
        return DriverManager.getConnection("jdbc:postgresql://" + host.address() + ":5432/postgres", properties);
    }

    private static String rest(Host host) {
        return "http://" + host.address() + ":" + REST;
    }

    /** Zero if there is no answer. */
    private int status(String url) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create(url))
                                    .timeout(HTTP)
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Ends it, and deletes its data. */
    void close() {
        hosts.forEach(Host::killAll);
        Programs.run("rm", "-rf", directory.toString());
    }
}
