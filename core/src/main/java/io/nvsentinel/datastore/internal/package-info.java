// SPDX-License-Identifier: Apache-2.0
/**
 * What this library's own modules share and nobody else may use; it changes without notice. An architecture test keeps
 * others out.
 */
@NullMarked
package io.nvsentinel.datastore.internal;

import org.jspecify.annotations.NullMarked;
