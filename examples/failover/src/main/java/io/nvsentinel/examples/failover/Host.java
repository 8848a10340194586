// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.testserver.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A host of its own: a network namespace behind a bridge, of which this program's network is another end. It ends with this
 * program's own namespaces.
 *
 * @param name of the namespace
 * @param address in the network of the bridge
 */
record Host(String name, String address) {

    /** This program's own address in the network of the bridge. */
    static final String OWN_ADDRESS = "10.77.0.1";

    private static final Duration DEATH = Duration.ofSeconds(20);

    /** Makes the bridge; once. */
    static void makeBridge() {
        Programs.run("mkdir", "-p", "/run/netns");
        // Names of namespaces are files there, which would be left.
        Programs.run("mount", "-t", "tmpfs", "tmpfs", "/run/netns");
        Programs.run("ip", "link", "add", "bridge0", "type", "bridge");
        Programs.run("ip", "address", "add", OWN_ADDRESS + "/24", "dev", "bridge0");
        Programs.run("ip", "link", "set", "bridge0", "up");
    }

    static Host make(int number) {
        Host host = new Host("pg" + number, "10.77.0." + (10 + number));
        Programs.run("ip", "netns", "add", host.name());
        Programs.run("ip", "link", "add", "to" + number, "type", "veth", "peer", "eth0", "netns", host.name());
        Programs.run("ip", "link", "set", "to" + number, "master", "bridge0", "up");
        host.run("ip", "link", "set", "lo", "up");
        host.run("ip", "address", "add", host.address() + "/24", "dev", "eth0");
        host.run("ip", "link", "set", "eth0", "up");
        return host;
    }

    /** Runs a program there to its end. */
    void run(String... command) {
        Programs.run(there(List.of(command)));
    }

    /** Starts a program there as the user of Debian's PostgreSQL. */
    void start(Path log, String... command) {
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"));
        all.addAll(Programs.resolved(List.of(command)));
        Host.start(log, there(all));
    }

    private List<String> there(List<String> command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(Programs.resolved(command));
        return all;
    }

    /** Starts a program, which ends with this one at the latest. */
    static void start(Path log, List<String> command) {
        try {
            new ProcessBuilder(Programs.resolved(command))
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + command, e);
        }
    }

    /** Ends everything that runs there with SIGKILL; the host's network stays. */
    void killAll() {
        List<ProcessHandle> processes = processes();
        processes.forEach(ProcessHandle::destroyForcibly);
        Await.until("the end of all that ran on " + name, DEATH, () -> {
            List<ProcessHandle> left = processes();
            left.forEach(ProcessHandle::destroyForcibly);
            return left.isEmpty();
        });
    }

    private List<ProcessHandle> processes() {
        return Programs.run("ip", "netns", "pids", name)
                .lines()
                .map(String::strip)
                .map(Long::valueOf)
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .toList();
    }

    /** Drops every packet to and from it. No side is notified. */
    void vanish() {
        run("iptables", "-w", "-I", "INPUT", "!", "-i", "lo", "-j", "DROP");
        run("iptables", "-w", "-I", "OUTPUT", "!", "-o", "lo", "-j", "DROP");
    }

    /** Ends that. */
    void returnToNetwork() {
        run("iptables", "-w", "-F");
    }
}
