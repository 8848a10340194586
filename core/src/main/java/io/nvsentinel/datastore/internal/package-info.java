// SPDX-License-Identifier: Apache-2.0
/**
 * Code that is shared by this library's modules and is not for use elsewhere; it changes without notice. An
 * architecture test enforces this.
 */
@NullMarked
package io.nvsentinel.datastore.internal;

import org.jspecify.annotations.NullMarked;
