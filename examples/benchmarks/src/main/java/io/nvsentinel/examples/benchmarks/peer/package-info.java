// SPDX-License-Identifier: Apache-2.0
/** The contenders: this library, behind one class, and its peers, each set up as its documentation recommends for speed. */
@NullMarked
package io.nvsentinel.examples.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
