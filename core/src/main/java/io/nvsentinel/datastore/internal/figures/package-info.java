// SPDX-License-Identifier: Apache-2.0
/** What operators want to know of a database: its health, and the sizes and use of its tables. */
@NullMarked
package io.nvsentinel.datastore.internal.figures;

import org.jspecify.annotations.NullMarked;
