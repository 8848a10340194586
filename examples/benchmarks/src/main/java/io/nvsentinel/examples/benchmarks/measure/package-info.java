// SPDX-License-Identifier: Apache-2.0
/** How is measured: rounds in which contenders take turns, medians with spread, ratios, goals. */
@NullMarked
package io.nvsentinel.examples.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
