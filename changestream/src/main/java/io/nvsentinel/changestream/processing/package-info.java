// SPDX-License-Identifier: Apache-2.0
/**
 * Processing changes: what {@link io.nvsentinel.changestream.ChangeStreams#process} does with each change, and with
 * changes that cannot be processed.
 */
@NullMarked
package io.nvsentinel.changestream.processing;

import org.jspecify.annotations.NullMarked;
