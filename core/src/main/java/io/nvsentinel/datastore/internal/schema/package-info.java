// SPDX-License-Identifier: Apache-2.0
/** The schema's migrations, over JDBC, off the event loop. */
@NullMarked
package io.nvsentinel.datastore.internal.schema;

import org.jspecify.annotations.NullMarked;
