// SPDX-License-Identifier: Apache-2.0
/** Named clients: the owner of a name, and its acknowledged position. */
@NullMarked
package io.nvsentinel.changestream.internal.client;

import org.jspecify.annotations.NullMarked;
