// SPDX-License-Identifier: Apache-2.0
/** Retention: marks changes as processed and removes changes that no client needs any more, in small steps. */
@NullMarked
package io.nvsentinel.changestream.internal.retention;

import org.jspecify.annotations.NullMarked;
