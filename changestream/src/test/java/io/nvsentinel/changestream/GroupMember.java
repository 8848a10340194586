// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;

/** A member of a group that simulates a separate process: with its own datastore, pool and network. */
final class GroupMember implements AutoCloseable {

    static final String GROUP = "drainers";
    static final Duration LEASE = Duration.ofSeconds(3);

    private static final Duration SOON = Duration.ofSeconds(60);

    final String name;
    final TcpProxy proxy;
    final Datastore datastore;
    final ChangeStreams streams;
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final AtomicBoolean ended = new AtomicBoolean();
    final List<String> heard = new CopyOnWriteArrayList<>();

    GroupMember(TestDatabase database, String name) {
        this.name = name;
        this.proxy = TcpProxy.to(database.host(), database.port());
        this.datastore = Datastore.connect(Databases.options(database)
                        .host(proxy.host())
                        .port(proxy.port())
                        .applicationName(name)
                        .statementTimeout(Duration.ofSeconds(1))
                        .build())
                .block();
        this.streams = ChangeStreams.of(
                datastore, ChangeStreamOptions.builder().listener(new Heard()).build());
    }

    static ProcessorOptions sharing(int partitions) {
        return ProcessorOptions.builder()
                .concurrency(4)
                .group(GroupOptions.builder(partitions)
                        .heartbeatInterval(Duration.ofMillis(200))
                        .leaseDuration(LEASE)
                        .build())
                .build();
    }

    static WatchOptions watching() {
        return WatchOptions.builder().clientName(GROUP).build();
    }

    GroupMember join(int partitions, KeyedCalls calls) {
        return run(streams.process(
                datastore.healthEvents(), watching(), sharing(partitions), change -> calls.handle(name, change)));
    }

    GroupMember run(Mono<Void> processing) {
        processing.subscribe(
                nothing -> {},
                error -> {
                    failure.set(error);
                    ended.set(true);
                },
                () -> ended.set(true));
        return this;
    }

    Throwable failed() {
        return Await.until("member " + name + " fails", SOON, failure::get, error -> error != null);
    }

    void leave() {
        streams.close().block(SOON);
    }

    long heard(String event) {
        return heard.stream().filter(event::equals).count();
    }

    private final class Heard implements ChangeStreamListener {

        @Override
        public void onPartitionTaken(String clientName, int partition) {
            heard.add("taken " + clientName);
        }

        @Override
        public void onPartitionHandedOver(String clientName, int partition) {
            heard.add("handed over " + clientName);
        }

        @Override
        public void onPartitionLost(String clientName, int partition, ClientFencedException error) {
            heard.add("lost " + clientName);
        }
    }

    @Override
    public void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
        proxy.close();
    }
}
