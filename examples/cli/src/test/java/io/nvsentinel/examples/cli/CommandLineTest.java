// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command line as a whole. */
class CommandLineTest {

    @Test
    void helpGoesToStandardOutputAndNamesTheExitCodes() {
        Run run = Run.with(Map.of(), "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.text())
                .contains("Usage: nvsentinel")
                .contains("Exit codes:")
                .contains("130");
    }

    @Test
    void aMissingCommandIsOneLine() {
        Run run = Run.with(Map.of());

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .singleElement()
                .asString()
                .startsWith("nvsentinel: ")
                .contains("--help");
    }

    @Test
    void anUnknownOptionIsOneLine() {
        Run run = Run.with(Map.of(), "--colour");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .singleElement()
                .asString()
                .startsWith("nvsentinel: ")
                .contains("--colour");
    }
}
