// SPDX-License-Identifier: Apache-2.0
/** Named clients: who owns a name, and how far it is acknowledged. */
@NullMarked
package io.nvsentinel.changestream.internal.client;

import org.jspecify.annotations.NullMarked;
