// SPDX-License-Identifier: Apache-2.0
/**
 * Change streams in Micrometer: an optional adapter; only applications that use this package need
 * {@code micrometer-core}.
 */
@NullMarked
package io.nvsentinel.changestream.metrics;

import org.jspecify.annotations.NullMarked;
