// SPDX-License-Identifier: Apache-2.0
/** Groups: processes that share the work of one client name, who of them has which part of it, and handing parts over. */
@NullMarked
package io.nvsentinel.changestream.internal.group;

import org.jspecify.annotations.NullMarked;
