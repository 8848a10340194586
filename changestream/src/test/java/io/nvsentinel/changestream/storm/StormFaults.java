// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens to connections, sessions and the server while a storm lasts. One fault at a time, each healed. */
final class StormFaults implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StormFaults.class);
    private static final String SESSIONS = "SELECT %s FROM pg_stat_activity WHERE datname = current_database()"
            + " AND application_name LIKE 'storm-%%' AND pid <> pg_backend_pid() %s ORDER BY random() LIMIT 1";
    private static final String LISTENING = "AND (query LIKE 'LISTEN%' OR query LIKE '%advisory%')";
    private static final String READING = "AND query LIKE '%datastore_changelog%'";

    private final EmbeddedServer server;
    private final TestDatabase database;
    private final StormProcess.Fleet fleet;
    private final Random random;
    private final Duration betweenCrashes;
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private volatile boolean over;

    StormFaults(EmbeddedServer server, TestDatabase database, StormProcess.Fleet fleet, Storm storm) {
        this.server = server;
        this.database = database;
        this.fleet = fleet;
        this.random = storm.random("faults");
        this.betweenCrashes =
                storm.duration().dividedBy(Math.max(2, storm.duration().toSeconds() / 40));
    }

    private enum Fault {
        SESSION_KILLED,
        QUERY_CANCELLED,
        CONNECTION_CUT,
        READING_HALF_OPEN,
        LISTENING_CUT,
        LISTENING_HALF_OPEN,
        LISTENING_SLOW,
        NETWORK_CUT,
        NETWORK_BLACK_HOLE,
        NETWORK_SLOW,
        NETWORK_REFUSES,
        SERVER_KILLED,
        SERVER_STOPPED
    }

    Future<?> start() {
        return thread.submit(this::rage);
    }

    private void rage() {
        long crash = System.nanoTime() + betweenCrashes.toNanos();
        while (!over) {
            StormWriters.rest(50 + random.nextInt(500));
            Fault fault = Fault.values()[random.nextInt(Fault.SERVER_KILLED.ordinal())];
            if (System.nanoTime() > crash) {
                crash += betweenCrashes.toNanos();
                fault = random.nextInt(4) > 0 ? Fault.SERVER_KILLED : Fault.SERVER_STOPPED;
            }
            try {
                happen(fault);
                counts.merge(fault, 1, Integer::sum);
            } catch (IllegalStateException e) {
                // The session that was to make the fault was itself killed.
                LOG.debug("No {}", fault, e);
            }
        }
    }

    private void happen(Fault fault) {
        switch (fault) {
            case SESSION_KILLED -> database.queryForStrings(SESSIONS.formatted("pg_terminate_backend(pid)", ""));
            case QUERY_CANCELLED ->
                database.queryForStrings(SESSIONS.formatted("pg_cancel_backend(pid)", "AND state = 'active'"));
            case CONNECTION_CUT -> connections("").forEach(ProxiedConnection::cut);
            case READING_HALF_OPEN -> connections(READING).forEach(ProxiedConnection::blackHole);
            case LISTENING_CUT -> connections(LISTENING).forEach(ProxiedConnection::cut);
            case LISTENING_HALF_OPEN -> connections(LISTENING).forEach(ProxiedConnection::blackHole);
            case LISTENING_SLOW ->
                connections(LISTENING)
                        .forEach(connection -> connection.delay(Duration.ofMillis(20 + random.nextInt(1000))));
            case SERVER_KILLED -> {
                server.kill();
                server.restart();
            }
            case SERVER_STOPPED -> server.restart();
            default -> network(fault);
        }
    }

    private List<ProxiedConnection> connections(String condition) {
        return database.queryForStrings(SESSIONS.formatted("client_port::text", condition)).stream()
                .flatMap(port -> fleet.living().stream().flatMap(process -> process.connections(port).stream()))
                .toList();
    }

    private void network(Fault fault) {
        List<StormProcess> living = fleet.living();
        if (living.isEmpty()) {
            return;
        }
        StormProcess victim = living.get(random.nextInt(living.size()));
        switch (fault) {
            case NETWORK_BLACK_HOLE -> victim.proxy().blackHole();
            case NETWORK_SLOW -> victim.proxy().delay(Duration.ofMillis(5 + random.nextInt(100)));
            case NETWORK_REFUSES -> {
                victim.proxy().refuse();
                victim.proxy().cut();
            }
            default -> victim.proxy().cut();
        }
        StormWriters.rest(random.nextInt(1500));
        if (fleet.living().contains(victim)) {
            victim.proxy().heal();
        }
    }

    /** Ends with the fault under way; the server runs afterwards, and every network is healed. */
    @Override
    public void close() {
        over = true;
        thread.shutdown();
        Await.until("the faults' end", Duration.ofSeconds(90), thread::isTerminated);
        LOG.info("{}", counts);
    }
}
