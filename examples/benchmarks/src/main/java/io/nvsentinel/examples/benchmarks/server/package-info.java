// SPDX-License-Identifier: Apache-2.0
/** The server that is measured, its databases, and what it and this machine say about themselves. */
@NullMarked
package io.nvsentinel.examples.benchmarks.server;

import org.jspecify.annotations.NullMarked;
