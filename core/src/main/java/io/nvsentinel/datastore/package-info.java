// SPDX-License-Identifier: Apache-2.0
/**
 * The datastore: health and maintenance events as JSONB documents on PostgreSQL, read and written through {@code Mono}
 * and {@code Flux}.
 *
 * <p>Every error is a {@link io.nvsentinel.datastore.error.DatastoreException}.
 */
@NullMarked
package io.nvsentinel.datastore;

import org.jspecify.annotations.NullMarked;
