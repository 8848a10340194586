// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/** Resolves host names at each attempt, because a name may have another address after a failover. */
final class Names {

    private final DnsAddressResolverGroup resolvers;
    private final EventLoop loop;

    /** It has a socket on a shared event loop, so there is one instance for all. */
    private static final class Shared {
        static final Names NAMES = new Names();
    }

    static Names shared() {
        return Shared.NAMES;
    }

    private Names() {
        LoopResources loops = TcpResources.get();
        this.loop = loops.onClient(LoopResources.DEFAULT_NATIVE).next();
        this.resolvers = new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelFactory(() -> loops.onChannel(DatagramChannel.class, loop))
                .ttl(0, 1)
                .negativeTtl(0));
    }

    /**
     * One address of a server.
     *
     * @param server host name and port, as configured
     * @param address its address; unresolved if the name could not be resolved
     */
    record Target(InetSocketAddress server, InetSocketAddress address) {}

    /** Looks up all at once; a name that cannot be looked up in time stays as it is, and fails when it is connected to. */
    Mono<List<Target>> targets(List<InetSocketAddress> servers, Duration timeout, Scheduler timer) {
        return Flux.fromIterable(servers)
                .flatMapSequential(server -> addresses(server)
                        .timeout(timeout, timer)
                        .onErrorReturn(List.of(server))
                        .flatMapIterable(addresses -> addresses)
                        .map(address -> new Target(server, address)))
                .collectList();
    }

    private Mono<List<InetSocketAddress>> addresses(InetSocketAddress server) {
        return Mono.create(sink -> resolvers
                .getResolver(loop)
                .resolveAll(server)
                .addListener((Future<List<InetSocketAddress>> found) -> {
                    if (found.isSuccess()) {
                        sink.success(found.getNow());
                    } else {
                        sink.error(found.cause());
                    }
                }));
    }
}
