// SPDX-License-Identifier: Apache-2.0
/** What is measured. */
@NullMarked
package io.nvsentinel.examples.benchmarks.scenario;

import org.jspecify.annotations.NullMarked;
