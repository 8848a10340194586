// SPDX-License-Identifier: Apache-2.0
/** Times as the server holds them, and on their way to it and back. */
@NullMarked
package io.nvsentinel.datastore.internal.time;

import org.jspecify.annotations.NullMarked;
