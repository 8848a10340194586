// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.interleavings;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.client.AcknowledgementsScenario;
import io.nvsentinel.changestream.internal.client.ReleasableHandleScenario;
import io.nvsentinel.changestream.internal.wakeup.PendingNotificationScenario;
import io.nvsentinel.changestream.internal.wakeup.WakeUpSignalScenario;
import io.nvsentinel.datastore.internal.connection.HandoffScenario;
import io.nvsentinel.datastore.internal.insert.InsertQueueScenario;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The parts whose threads meet, in the interleavings that Lincheck chooses; and that it finds what goes wrong when their methods
 * are no longer synchronized, their atomic updates are two steps, or a signal is forgotten.
 */
@Tag("slow")
@Timeout(600)
class InterleavingsTest {

    private static final int MOST = Integer.getInteger("interleavings", 200);

    private static final List<Class<?>> SCENARIOS = List.of(
            InsertQueueScenario.class,
            HandoffScenario.class,
            AcknowledgementsScenario.class,
            ReleasableHandleScenario.class,
            PendingNotificationScenario.class,
            WakeUpSignalScenario.class);

    private static final List<String> SYNCHRONIZED = List.of(
            "io.nvsentinel.datastore.internal.insert.InsertQueue",
            "io.nvsentinel.datastore.internal.connection.CancelSafeHandoff",
            "io.nvsentinel.changestream.internal.client.Acknowledgements",
            "io.nvsentinel.changestream.internal.client.ReleasableHandle",
            "io.nvsentinel.changestream.internal.wakeup.PendingNotification");

    private static final List<Class<?>> MISTAKES = List.of(
            InsertQueueScenario.class,
            HandoffScenario.class,
            AcknowledgementsScenario.class,
            ReleasableHandleScenario.class,
            PendingNotificationScenario.class,
            WakeUpSignalScenario.Forgetful.class);

    @TempDir
    private Path directory;

    @Test
    void everyScenarioHoldsInTheExploredInterleavings() throws Exception {
        String output = new Interleavings(directory).explore(MOST, SCENARIOS);

        assertThat(verdicts(output)).as(output).containsExactlyElementsOf(lines(Interleavings.HOLDS, SCENARIOS));
    }

    @Test
    void everyMistakeIsFound() throws Exception {
        Interleavings interleavings = new Interleavings(directory);
        for (String name : SYNCHRONIZED) {
            interleavings.makeCareless(name);
        }
        String output = interleavings.explore(MOST, MISTAKES);

        assertThat(verdicts(output)).as(output).containsExactlyElementsOf(lines(Interleavings.VIOLATED, MISTAKES));
        assertThat(output).doesNotContain("bug in Lincheck");
    }

    private static List<String> verdicts(String output) {
        return output.lines()
                .filter(line -> line.startsWith(Interleavings.HOLDS) || line.startsWith(Interleavings.VIOLATED))
                .toList();
    }

    private static List<String> lines(String verdict, List<Class<?>> scenarios) {
        return scenarios.stream().map(scenario -> verdict + scenario.getName()).toList();
    }
}
