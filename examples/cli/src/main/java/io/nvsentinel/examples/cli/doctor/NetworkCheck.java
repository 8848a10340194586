// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;

/** Whether the name of each server can be resolved, and whether its port accepts connections. */
final class NetworkCheck implements Check {

    private static final long NANOS_PER_MILLI = 1_000_000;

    @Override
    public String name() {
        return "network";
    }

    @Override
    public Need need() {
        return Need.OPTIONS;
    }

    @Override
    public void run(Patient patient) {
        for (ServerPath path : ServerPath.of(patient.options())) {
            int timeout = (int) patient.options()
                    .connectTimeout()
                    .dividedBy(path.servers().size())
                    .toMillis();
            for (InetSocketAddress server : path.servers()) {
                examine(patient, path, server, Math.max(1, timeout));
            }
        }
    }

    private static void examine(Patient patient, ServerPath path, InetSocketAddress server, int timeout) {
        String name = server.getHostString() + ":" + server.getPort();
        try {
            for (InetAddress address : InetAddress.getAllByName(server.getHostString())) {
                connect(patient, path, name, new InetSocketAddress(address, server.getPort()), timeout);
            }
        } catch (UnknownHostException e) {
            patient.fail(
                    path.prefix() + name + ": the host name cannot be resolved",
                    "check the host name and this machine's DNS",
                    Map.of("path", path.option(), "host", name));
        }
    }

    private static void connect(Patient patient, ServerPath path, String name, InetSocketAddress address, int timeout) {
        String where = path.prefix() + name + " is " + address.getAddress().getHostAddress();
        Map<String, Object> facts = Map.of(
                "path",
                path.option(),
                "host",
                name,
                "address",
                address.getAddress().getHostAddress());
        long start = System.nanoTime();
        try (Socket socket = new Socket()) {
            socket.connect(address, timeout);
            long millis = (System.nanoTime() - start) / NANOS_PER_MILLI;
            patient.ok(where + ", connected in " + millis + " ms", facts);
        } catch (IOException e) {
            patient.fail(
                    where + ": " + String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT),
                    "check that the server runs and listens on this address (listen_addresses), and "
                            + "check firewalls and network policies in between",
                    facts);
        }
    }
}
