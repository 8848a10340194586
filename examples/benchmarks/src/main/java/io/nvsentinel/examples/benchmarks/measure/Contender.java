// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.concurrent.Callable;

/**
 * One of the compared programs.
 *
 * @param name its name in the report
 * @param turn one measurement
 * @param <T> the result of a measurement
 */
public record Contender<T>(String name, Callable<T> turn) {}
