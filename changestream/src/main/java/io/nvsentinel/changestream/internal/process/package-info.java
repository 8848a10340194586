// SPDX-License-Identifier: Apache-2.0
/** Processing: lanes of changes, attempts at each change, and the treatment of failures. */
@NullMarked
package io.nvsentinel.changestream.internal.process;

import org.jspecify.annotations.NullMarked;
