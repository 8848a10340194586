// SPDX-License-Identifier: Apache-2.0
/**
 * Processing changes: what {@link io.nvsentinel.changestream.ChangeStreams#process} does with each of them, and what
 * becomes of those that cannot be processed.
 */
@NullMarked
package io.nvsentinel.changestream.processing;

import org.jspecify.annotations.NullMarked;
