// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.Scenario;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Every scenario. */
public final class Scenarios {

    /** In the order in which they run. */
    public static final List<Scenario> ALL = List.of(
            new SingleInserts(),
            new BulkInsert(),
            new Finds(),
            new Scan(),
            new SlowScan(),
            new CommitLatency(),
            new CatchUp(),
            new Writers(),
            new Sustained(),
            new PollCost(),
            new IdleSubscribers(),
            new IdleClients(),
            new TlsConnect(),
            new WriteAmplification(),
            new Plans());

    private Scenarios() {}

    /**
     * The scenarios of some names.
     *
     * @param names the names; none for all
     * @return the scenarios; empty if one of the names is unknown
     */
    public static List<Scenario> named(Collection<String> names) {
        List<Scenario> chosen = ALL.stream()
                .filter(scenario -> names.isEmpty() || names.contains(scenario.name()))
                .toList();
        return names.isEmpty() || chosen.size() == names.size() ? chosen : List.of();
    }

    /**
     * All names.
     *
     * @return separated by commas
     */
    public static String names() {
        return ALL.stream().map(Scenario::name).collect(Collectors.joining(", "));
    }
}
