// SPDX-License-Identifier: Apache-2.0
/** Change streams in Micrometer: an optional adapter; only who uses this package needs {@code micrometer-core}. */
@NullMarked
package io.nvsentinel.changestream.metrics;

import org.jspecify.annotations.NullMarked;
