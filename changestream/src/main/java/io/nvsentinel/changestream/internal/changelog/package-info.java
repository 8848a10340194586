// SPDX-License-Identifier: Apache-2.0
/** The changelog as it is read: rows, pages, positions, and whether history is still the same. */
@NullMarked
package io.nvsentinel.changestream.internal.changelog;

import org.jspecify.annotations.NullMarked;
