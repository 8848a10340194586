// SPDX-License-Identifier: Apache-2.0
/** Renders an {@link io.nvsentinel.datastore.query.Update} to SQL. */
@NullMarked
package io.nvsentinel.datastore.internal.update;

import org.jspecify.annotations.NullMarked;
