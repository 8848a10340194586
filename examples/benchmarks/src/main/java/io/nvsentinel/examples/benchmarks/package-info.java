// SPDX-License-Identifier: Apache-2.0
/**
 * The benchmarks: the datastore and its change streams beside others, in the same run, on the same rows and server.
 *
 * <p>{@link io.nvsentinel.examples.benchmarks.Benchmarks} reads the command line and runs the scenarios. A scenario prepares
 * rows, lets its contenders take turns for some rounds, and puts figures into the report.
 */
@NullMarked
package io.nvsentinel.examples.benchmarks;

import org.jspecify.annotations.NullMarked;
