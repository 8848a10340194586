// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.internal.options.LoginRules;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

/** Sockets of migrations. */
class JdbcSocketsTest {

    private final InetAddress loopback = InetAddress.getLoopbackAddress();

    @Test
    void idleConnectionsAreWatchedByTheOperatingSystem() throws Exception {
        try (Socket socket = sockets().createSocket()) {
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(5);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(5);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
        }
    }

    @Test
    void connectToTheGivenAddressWhateverTheNameMeans() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, loopback);
                Socket socket = sockets().createSocket()) {
            socket.connect(InetSocketAddress.createUnresolved("elsewhere.invalid", server.getLocalPort()), 10_000);

            assertThat(socket.getInetAddress()).isEqualTo(loopback);
        }
    }

    private JdbcSockets sockets() throws Exception {
        LoginRules rules = LoginRules.of(DatastoreOptions.builder()
                .host("any")
                .database("any")
                .username("any")
                .build());
        return new JdbcSockets(
                JdbcSockets.argument(rules.encoded(), loopback, Duration.ofSeconds(5), Duration.ofSeconds(15)));
    }
}
