// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.Chunk;

/**
 * What a page led to.
 *
 * @param next the state afterwards
 * @param chunk what may be delivered; from a position to itself if nothing may
 */
record TailStep(TailState next, Chunk chunk) {}
