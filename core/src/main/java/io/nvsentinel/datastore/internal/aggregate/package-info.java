// SPDX-License-Identifier: Apache-2.0
/** Renders aggregations to SQL, and reads them as MongoDB writes them. */
@NullMarked
package io.nvsentinel.datastore.internal.aggregate;

import org.jspecify.annotations.NullMarked;
