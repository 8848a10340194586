// SPDX-License-Identifier: Apache-2.0
/** How documents become JSON and JSON becomes documents: one codec per document type, on Jackson 2 or Jackson 3. */
@NullMarked
package io.nvsentinel.datastore.codec;

import org.jspecify.annotations.NullMarked;
