// SPDX-License-Identifier: Apache-2.0
/**
 * The datastore in Micrometer: an optional adapter; only applications that use this package need
 * {@code micrometer-core}. With {@code r2dbc-proxy} on the class path, queries are timed as well.
 */
@NullMarked
package io.nvsentinel.datastore.metrics;

import org.jspecify.annotations.NullMarked;
