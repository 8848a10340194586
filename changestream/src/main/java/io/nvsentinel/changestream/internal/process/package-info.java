// SPDX-License-Identifier: Apache-2.0
/** Processing: lanes of changes, attempts at each, and what becomes of those that fail. */
@NullMarked
package io.nvsentinel.changestream.internal.process;

import org.jspecify.annotations.NullMarked;
