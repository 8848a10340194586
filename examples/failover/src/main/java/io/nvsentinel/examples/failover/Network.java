// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Drops packets, in a network of this program's own. */
final class Network {

    /** Set where this program runs in namespaces of its own, so that nothing it does to the network concerns others. */
    static final String OWN = "FAILOVER_OWN_NETWORK";

    private Network() {}

    /** Whether packets can be dropped: in a network of one's own, with the program {@code iptables}. */
    static boolean canDrop() {
        return System.getenv(OWN) != null && Programs.find("iptables") != null;
    }

    /** Drops all packets to and from a port of this machine. */
    static void drop(int port) {
        rules("-I", port);
    }

    /** Ends that. */
    static void restore(int port) {
        rules("-D", port);
    }

    private static void rules(String action, int port) {
        for (String direction : List.of("--dport", "--sport")) {
            Programs.run(
                    "iptables", "-w", action, "INPUT", "-p", "tcp", direction, Integer.toString(port), "-j", "DROP");
            Programs.run(
                    "ip6tables", "-w", action, "INPUT", "-p", "tcp", direction, Integer.toString(port), "-j", "DROP");
        }
    }

    /** Starts the loopback interface, which is down in a new network. */
    static void begin() {
        Programs.run("ip", "link", "set", "lo", "up");
    }

    /** Runs this program again in namespaces of its own, which end with it. Returns its status, or -1 where that is not allowed. */
    static int runInOwn(List<String> arguments) {
        List<String> unshare =
                List.of("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child");
        if (Programs.find("unshare") == null || Programs.find("ip") == null || !Programs.succeeds(unshare, "true")) {
            return -1;
        }
        List<String> command = new ArrayList<>(unshare);
        // A shell as the first process: it asks about killed ones, which would be taken for running ones otherwise.
        command.addAll(List.of("sh", "-c", "\"$@\"; exit $?", "sh"));
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-classpath", System.getProperty("java.class.path"), Failover.class.getName()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put(OWN, "1");
        try {
            return builder.start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }
}
