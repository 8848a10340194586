// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/**
 * How the operating system notices that the other end of a connection has vanished.
 *
 * @param keepAlive how long nothing may arrive before the other end is asked whether it is there, and between questions
 * @param userTimeout how long what was sent, a question too, may stay without acknowledgement; needs epoll, so Linux
 */
record Sockets(Duration keepAlive, Duration userTimeout) {

    private static final String EPOLL = "io.netty.channel.epoll.EpollSocketChannel";

    /** Sets the options, and the address to connect to, regardless of later changes of the name. */
    void prepare(Channel channel, InetSocketAddress address) {
        if (channel.getClass().getName().equals(EPOLL)) {
            Epoll.prepare(channel, this);
        } else if (channel instanceof NioSocketChannel) {
            Nio.prepare(channel, this);
        }
        if (!address.isUnresolved()) {
            channel.pipeline().addFirst(new ConnectTo(address));
        }
    }

    private int keepAliveSeconds() {
        return (int) Math.max(1, keepAlive.toSeconds());
    }

    /** The number of unanswered probes that fit into the time, if the time itself cannot be set. */
    private int keepAliveCount() {
        return (int) Math.min(Byte.MAX_VALUE, Math.max(1, userTimeout.toSeconds() / keepAliveSeconds()));
    }

    /** By name: the classes are not there on every platform. */
    private static final class Epoll {

        static void prepare(Channel channel, Sockets sockets) {
            set(channel, "TCP_KEEPIDLE", sockets.keepAliveSeconds());
            set(channel, "TCP_KEEPINTVL", sockets.keepAliveSeconds());
            set(channel, "TCP_KEEPCNT", sockets.keepAliveCount());
            set(channel, "TCP_USER_TIMEOUT", (int)
                    Math.min(Integer.MAX_VALUE, sockets.userTimeout().toMillis()));
        }

        private static void set(Channel channel, String name, int value) {
            channel.config()
                    .setOption(
                            ChannelOption.<Integer>valueOf("io.netty.channel.epoll.EpollChannelOption#" + name), value);
        }
    }

    /** An option that the platform does not support keeps its default. */
    private static final class Nio {

        static void prepare(Channel channel, Sockets sockets) {
            set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, sockets.keepAliveSeconds());
            set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, sockets.keepAliveSeconds());
            set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, sockets.keepAliveCount());
        }

        private static void set(Channel channel, SocketOption<Integer> option, int value) {
            channel.config().setOption(NioChannelOption.of(option), value);
        }
    }

    /** The driver knows the name, which certificates are checked against, and this the address. */
    private static final class ConnectTo extends ChannelOutboundHandlerAdapter {

        private final InetSocketAddress address;

        ConnectTo(InetSocketAddress address) {
            this.address = address;
        }

        @Override
        public void connect(
                ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            context.connect(address, local, promise);
        }
    }
}
