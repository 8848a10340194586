// SPDX-License-Identifier: Apache-2.0
/** Micro-benchmarks (JMH) of what runs for each document and change. */
@NullMarked
package io.nvsentinel.examples.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
