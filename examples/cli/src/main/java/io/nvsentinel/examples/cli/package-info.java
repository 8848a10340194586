// SPDX-License-Identifier: Apache-2.0
/**
 * The command-line tool. A command is a class with picocli's annotations, made with the {@link
 * io.nvsentinel.examples.cli.Invocation} of its run: what it prints to, its environment, and how it is interrupted.
 *
 * <p>Data goes to standard output, everything else to standard error. What is wrong is one line with the cure; exit codes
 * are those of {@link io.nvsentinel.examples.cli.ExitCode}.
 */
@NullMarked
package io.nvsentinel.examples.cli;

import org.jspecify.annotations.NullMarked;
