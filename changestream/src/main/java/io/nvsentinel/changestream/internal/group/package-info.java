// SPDX-License-Identifier: Apache-2.0
/** Groups: processes that share the work of one client name, the assignment of its partitions, and their handover. */
@NullMarked
package io.nvsentinel.changestream.internal.group;

import org.jspecify.annotations.NullMarked;
