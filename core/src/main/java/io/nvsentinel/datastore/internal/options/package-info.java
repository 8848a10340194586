// SPDX-License-Identifier: Apache-2.0
/** Options read from outside sources. */
@NullMarked
package io.nvsentinel.datastore.internal.options;

import org.jspecify.annotations.NullMarked;
