// SPDX-License-Identifier: Apache-2.0
/** The options: one table of them, the sources of their values, and the errors in these values. */
@NullMarked
package io.nvsentinel.datastore.internal.options;

import org.jspecify.annotations.NullMarked;
