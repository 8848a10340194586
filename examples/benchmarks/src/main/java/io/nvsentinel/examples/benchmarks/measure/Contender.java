// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.concurrent.Callable;

/**
 * One of those that are compared.
 *
 * @param name how the report calls it
 * @param turn measures once
 * @param <T> what a turn gives
 */
public record Contender<T>(String name, Callable<T> turn) {}
