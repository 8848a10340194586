// SPDX-License-Identifier: Apache-2.0
/** Placeholder. */
@NullMarked
package io.nvsentinel.tls;

import org.jspecify.annotations.NullMarked;
