// SPDX-License-Identifier: Apache-2.0
/** Options become connections, and the driver's errors become ours. */
@NullMarked
package io.nvsentinel.datastore.internal.connection;

import org.jspecify.annotations.NullMarked;
