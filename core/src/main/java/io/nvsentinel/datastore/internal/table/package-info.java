// SPDX-License-Identifier: Apache-2.0
/** The tables of collections: their names in statements, and what their rows hold. */
@NullMarked
package io.nvsentinel.datastore.internal.table;

import org.jspecify.annotations.NullMarked;
