// SPDX-License-Identifier: Apache-2.0
/** The end of the changelog: the contiguous prefix, the proof of gaps, and how eagerly to read. */
@NullMarked
package io.nvsentinel.changestream.internal.tail;

import org.jspecify.annotations.NullMarked;
