// SPDX-License-Identifier: Apache-2.0
/** The report: JSON, Markdown and SVG. */
@NullMarked
package io.nvsentinel.examples.benchmarks.report;

import org.jspecify.annotations.NullMarked;
