// SPDX-License-Identifier: Apache-2.0
/** The options: one table of them, the sources they are read from, and what is wrong with what was read. */
@NullMarked
package io.nvsentinel.datastore.internal.options;

import org.jspecify.annotations.NullMarked;
