// SPDX-License-Identifier: Apache-2.0
/**
 * The datastore in Micrometer: an optional adapter; only who uses this package needs {@code micrometer-core}. With
 * {@code r2dbc-proxy} on the class path queries are timed too.
 */
@NullMarked
package io.nvsentinel.datastore.metrics;

import org.jspecify.annotations.NullMarked;
