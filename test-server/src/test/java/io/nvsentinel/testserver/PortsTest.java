// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class PortsTest {

    @Test
    void aFreePortCanBeListenedOn() throws Exception {
        int port = Ports.free();
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(socket.getLocalPort()).isEqualTo(port);
        }
    }

    /** Else a connection could take the port while its server is stopped. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void noConnectionIsGivenAFreePort() throws Exception {
        int first;
        // Not all bytes at once: these files end after the first read, which would be one of a single byte.
        try (BufferedReader range = Files.newBufferedReader(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))) {
            first = Integer.parseInt(range.readLine().strip().split("\\s+")[0]);
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(Ports.free()).isLessThan(first);
        }
    }
}
