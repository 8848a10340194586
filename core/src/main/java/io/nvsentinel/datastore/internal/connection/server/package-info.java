// SPDX-License-Identifier: Apache-2.0
/** Single connections: their server, the resolution of its name, and the options of their sockets. */
@NullMarked
package io.nvsentinel.datastore.internal.connection.server;

import org.jspecify.annotations.NullMarked;
