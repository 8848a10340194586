// SPDX-License-Identifier: Apache-2.0
/** What failovers cost: scenarios on real servers under load, and what became of the writes and changes. */
@NullMarked
package io.nvsentinel.examples.failover;

import org.jspecify.annotations.NullMarked;
