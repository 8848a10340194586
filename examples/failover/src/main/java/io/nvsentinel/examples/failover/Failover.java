// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.examples.failover.PatroniRun.Loss;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * Runs the scenarios with the library's default time-outs, and prints what they cost. Arguments are parts of scenarios' names,
 * such as {@code freeze} or {@code async}; without any, all are run.
 */
public final class Failover {

    /** How often a primary that Patroni watches over is killed in a row. */
    private static final int TIMES = 10;

    private Failover() {}

    /**
     * Runs what the arguments name.
     *
     * @param arguments parts of names
     */
    public static void main(String[] arguments) {
        List<String> wanted = Arrays.asList(arguments);
        if (System.getenv(Network.OWN) == null) {
            int status = Network.runInOwn(wanted);
            if (status >= 0) {
                System.exit(status);
            }
            System.out.println("Network namespaces are not allowed here: no host vanishes in what follows.");
        } else {
            Network.begin();
        }
        System.exit(run(wanted, System.out) ? 0 : 1);
    }

    private static boolean run(List<String> wanted, PrintStream out) {
        if (System.getenv(Network.OWN) != null && !Network.canDrop()) {
            out.println("There is no program iptables here: no host vanishes in what follows.");
        }
        out.println(Outcome.heading());
        boolean good = true;
        for (Scenario scenario : scenarios(wanted)) {
            try {
                out.println(scenario.run(UnaryOperator.identity()).line());
            } catch (RuntimeException | AssertionError e) {
                good = false;
                out.printf(Locale.ROOT, "%-30s failed: %s%n", scenario, e.getMessage());
            }
        }
        return runPatroni(wanted, out) && good;
    }

    private static boolean runPatroni(List<String> wanted, PrintStream out) {
        if (!isWanted("patroni", wanted)) {
            return true;
        }
        String missing = PatroniCluster.missing();
        if (missing != null) {
            out.println(missing);
            return true;
        }
        try {
            PatroniCluster cluster = PatroniCluster.start();
            PatroniRun run = new PatroniRun(cluster, out);
            run.migrate();
            out.println(run.run(cluster.addresses(), "", Loss.KILL, TIMES).line());
            out.println(run.run(cluster.addresses(), "", Loss.VANISH, 2).line());
            out.println(run.run(cluster.addresses(), "", Loss.SWITCHOVER, 2).line());
            out.println(run.run(cluster.haproxy(), ", HAProxy", Loss.KILL, 2).line());
            out.println(run.run(cluster.haproxy(), ", HAProxy", Loss.VANISH, 2).line());
            cluster.close();
            return true;
        } catch (RuntimeException | AssertionError e) {
            out.println("Patroni: failed: " + e.getMessage());
            return false;
        }
    }

    private static List<Scenario> scenarios(List<String> wanted) {
        List<Scenario> all = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (Replication replication : Replication.values()) {
                Scenario scenario = new Scenario(replication, fault);
                if ((fault != Fault.VANISH || Network.canDrop()) && isWanted(scenario.toString(), wanted)) {
                    all.add(scenario);
                }
            }
        }
        return all;
    }

    private static boolean isWanted(String name, List<String> wanted) {
        return wanted.isEmpty() || wanted.stream().anyMatch(name::contains);
    }
}
