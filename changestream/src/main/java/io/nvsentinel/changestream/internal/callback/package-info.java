// SPDX-License-Identifier: Apache-2.0
/**
 * Calls what users of the library wrote. Reactor rethrows {@link java.lang.OutOfMemoryError},
 * {@link java.lang.StackOverflowError} and {@link java.lang.LinkageError} instead of signalling them, which would leave a
 * stream open and silent: here they become signals.
 */
@NullMarked
package io.nvsentinel.changestream.internal.callback;

import org.jspecify.annotations.NullMarked;
