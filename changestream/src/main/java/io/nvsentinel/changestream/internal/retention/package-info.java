// SPDX-License-Identifier: Apache-2.0
/** Retention: marks changes as processed and removes those that nobody needs any more, a little at a time. */
@NullMarked
package io.nvsentinel.changestream.internal.retention;

import org.jspecify.annotations.NullMarked;
