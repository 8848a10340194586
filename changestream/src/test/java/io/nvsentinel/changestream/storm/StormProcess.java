// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.Databases;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.util.retry.Retry;

/** A simulated process with its own datastore, change streams and network. */
final class StormProcess implements AutoCloseable {

    static final String APPLICATION = "storm-reader";

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** The running processes, from which faults choose. */
    static final class Fleet {
        private final Set<StormProcess> processes = ConcurrentHashMap.newKeySet();

        List<StormProcess> living() {
            return List.copyOf(processes);
        }

        StormProcess start(TestDatabase database, ChangeStreamOptions options) {
            StormProcess process = new StormProcess(this, database, options);
            processes.add(process);
            return process;
        }
    }

    private final Fleet fleet;
    private final TcpProxy proxy;
    private final Datastore datastore;
    private final ChangeStreams streams;

    private StormProcess(Fleet fleet, TestDatabase database, ChangeStreamOptions options) {
        this.fleet = fleet;
        this.proxy = TcpProxy.to(database.host(), database.port());
        this.datastore = Datastore.connect(Databases.options(database)
                        .host(proxy.host())
                        .port(proxy.port())
                        .maxConnections(3)
                        .connectTimeout(Duration.ofSeconds(3))
                        .acquireTimeout(Duration.ofSeconds(3))
                        .statementTimeout(Duration.ofSeconds(4))
                        .applicationName(APPLICATION)
                        .build())
                .retryWhen(Retry.fixedDelay(400, Duration.ofMillis(50)))
                .block(PATIENCE);
        this.streams = ChangeStreams.of(datastore, options);
    }

    TcpProxy proxy() {
        return proxy;
    }

    /** The connection whose session has a given port, if it belongs to this process. */
    List<ProxiedConnection> connections(String clientPort) {
        return proxy.connections().stream()
                .filter(connection ->
                        Integer.toString(connection.serverSidePort()).equals(clientPort))
                .toList();
    }

    Datastore datastore() {
        return datastore;
    }

    ChangeStreams streams() {
        return streams;
    }

    /** Nothing that this process sends arrives any more. */
    void unplug() {
        fleet.processes.remove(this);
        proxy.close();
    }

    @Override
    public void close() {
        fleet.processes.remove(this);
        streams.close().block(PATIENCE);
        datastore.close().block(PATIENCE);
        proxy.close();
    }
}
