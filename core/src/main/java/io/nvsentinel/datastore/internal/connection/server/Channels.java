// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslHandler;
import io.nvsentinel.datastore.internal.options.LoginRules;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * The sockets of one attempt to connect, on the shared event loops. The driver offers no other way to find them: it
 * leaves the socket open when it is cancelled before the login has completed, and when it fails to send the termination
 * message.
 */
final class Channels implements LoopResources {

    private final LoopResources loops = TcpResources.get();
    private final Queue<Channel> opened = new ConcurrentLinkedQueue<>();
    private final Sockets sockets;
    private final InetSocketAddress address;
    private final LoginRules rules;

    /**
     * Sockets of one attempt; none yet.
     *
     * @param address where they lead, regardless of the driver's configuration; if unresolved, the address of that configuration
     * @param rules how the server may ask for a login
     */
    Channels(Sockets sockets, InetSocketAddress address, LoginRules rules) {
        this.sockets = sockets;
        this.address = address;
        this.rules = rules;
    }

    /** Closes them all; what is closed already stays so. */
    void close() {
        opened.forEach(Channel::close);
    }

    /** Whether one of the open sockets uses TLS. */
    boolean isEncrypted() {
        return opened.stream()
                .anyMatch(channel -> channel.isOpen() && channel.pipeline().get(SslHandler.class) != null);
    }

    /** Completes when all of them are closed, by whomever. */
    Mono<Void> closed() {
        return Mono.create(sink -> whenClosed(sink::success));
    }

    /** Runs an action when all of them are closed, by whomever; at once if they are already. */
    void whenClosed(Runnable action) {
        opened.forEach(channel -> channel.closeFuture().addListener(closed -> {
            if (opened.stream().noneMatch(Channel::isOpen)) {
                action.run();
            }
        }));
    }

    @Override
    public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup group) {
        C channel = loops.onChannel(type, group);
        sockets.prepare(channel, address);
        opened.add(channel);
        channel.pipeline().addLast(new GuardHandler(rules, channel));
        return channel;
    }

    @Override
    public <C extends Channel> Class<? extends C> onChannelClass(Class<C> type, EventLoopGroup group) {
        return loops.onChannelClass(type, group);
    }

    /** The default event loops; the driver would request others if it were configured with its own. */
    @Override
    public EventLoopGroup onClient(boolean useNative) {
        return loops.onClient(DEFAULT_NATIVE);
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return loops.onServer(useNative);
    }

    @Override
    public EventLoopGroup onServerSelect(boolean useNative) {
        return loops.onServerSelect(useNative);
    }

    @Override
    public boolean daemon() {
        return loops.daemon();
    }

    /** The event loops are not ours to stop. */
    @Override
    public Mono<Void> disposeLater() {
        return Mono.empty();
    }
}
