// SPDX-License-Identifier: Apache-2.0
/** What an error of the drivers, of the server or of the network means to a caller, in one table for both drivers. */
@NullMarked
package io.nvsentinel.datastore.internal.error;

import org.jspecify.annotations.NullMarked;
