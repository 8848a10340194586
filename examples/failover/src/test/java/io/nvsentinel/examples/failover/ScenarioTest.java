// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.DatastoreOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scenarios that need nothing but the embedded servers, with time-outs that are shorter than the defaults. */
@Tag("slow")
class ScenarioTest {

    /** Without a synchronous standby, the others lose nothing either. */
    private static final Set<Fault> LOSES = Set.of(Fault.KILL, Fault.FREEZE, Fault.TWO_PRIMARIES);

    static Stream<Scenario> scenarios() {
        return Arrays.stream(Fault.values())
                .filter(fault -> fault != Fault.VANISH)
                .flatMap(fault -> Stream.of(Replication.ASYNC, Replication.SYNC)
                        .filter(replication -> replication.waits() || LOSES.contains(fault))
                        .map(replication -> new Scenario(replication, fault)));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void nothingIsLostSilently(Scenario scenario) {
        Outcome outcome = scenario.run(ScenarioTest::impatient);
        System.out.println(outcome.line());

        assertThat(outcome.twice()).isZero();
        assertThat(outcome.missing()).isZero();
        assertThat(outcome.onFormer()).isZero();
        if (scenario.replication().waits()) {
            assertThat(outcome.lost()).isZero();
            assertThat(outcome.undone()).isZero();
            assertThat(outcome.repeated()).isZero();
            assertThat(outcome.forks()).isZero();
        } else if (outcome.undone() == 0) {
            assertThat(outcome.repeated()).isZero();
        }
    }

    private static DatastoreOptions.Builder impatient(DatastoreOptions.Builder options) {
        return options.connectTimeout(Duration.ofSeconds(4))
                .statementTimeout(Duration.ofSeconds(1))
                .lockTimeout(Duration.ofSeconds(1));
    }
}
