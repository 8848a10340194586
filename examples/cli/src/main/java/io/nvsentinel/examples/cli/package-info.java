// SPDX-License-Identifier: Apache-2.0
/**
 * The command-line tool. A command is a class with picocli's annotations, created with the
 * {@link io.nvsentinel.examples.cli.Invocation} of its run: its console, its environment and its interruption.
 *
 * <p>Data goes to standard output, everything else to standard error. An error is one line that says what to do; exit
 * codes are listed in {@link io.nvsentinel.examples.cli.ExitCode}.
 */
@NullMarked
package io.nvsentinel.examples.cli;

import org.jspecify.annotations.NullMarked;
