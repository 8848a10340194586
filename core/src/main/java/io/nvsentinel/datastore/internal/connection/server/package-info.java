// SPDX-License-Identifier: Apache-2.0
/** Single connections: which server they lead to, how its name becomes an address, and what the sockets are told. */
@NullMarked
package io.nvsentinel.datastore.internal.connection.server;

import org.jspecify.annotations.NullMarked;
