// SPDX-License-Identifier: Apache-2.0
/** Wake-ups: hints only, over one LISTEN connection and one advisory lock. */
@NullMarked
package io.nvsentinel.changestream.internal.wakeup;

import org.jspecify.annotations.NullMarked;
