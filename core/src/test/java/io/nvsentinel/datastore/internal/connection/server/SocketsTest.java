// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/** The options of every socket. */
class SocketsTest {

    private static final InetSocketAddress SOMEWHERE = InetSocketAddress.createUnresolved("db", 5432);

    private final Sockets sockets = new Sockets(Duration.ofSeconds(5), Duration.ofSeconds(15));

    @Test
    void withEpollTheTimeWithoutAcknowledgementIsBounded() {
        Channel channel = channel(true);
        assumeTrue(
                channel.getClass().getSimpleName().startsWith("Epoll"),
                () -> "epoll is Linux only; this is " + channel.getClass() + cause());

        sockets.prepare(channel, SOMEWHERE);

        Map.of("TCP_USER_TIMEOUT", 15_000, "TCP_KEEPIDLE", 5, "TCP_KEEPINTVL", 5, "TCP_KEEPCNT", 3)
                .forEach((name, value) -> assertThat(channel.config()
                                .getOption(ChannelOption.<Integer>valueOf(
                                        "io.netty.channel.epoll.EpollChannelOption#" + name)))
                        .as(name)
                        .isEqualTo(value));
        channel.unsafe().closeForcibly();
    }

    @Test
    void withoutEpollIdleConnectionsAreWatched() {
        Channel channel = channel(false);

        sockets.prepare(channel, SOMEWHERE);

        assertThat(channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
                .isEqualTo(5);
        assertThat(channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
                .isEqualTo(3);
        channel.unsafe().closeForcibly();
    }

    private static String cause() {
        try {
            return " "
                    + Class.forName("io.netty.channel.epoll.Epoll")
                            .getMethod("unavailabilityCause")
                            .invoke(null);
        } catch (ReflectiveOperationException | LinkageError e) {
            return " " + e;
        }
    }

    private static Channel channel(boolean preferNative) {
        LoopResources loops = TcpResources.get();
        EventLoopGroup group = loops.onClient(preferNative);
        return loops.onChannel(SocketChannel.class, group);
    }
}
