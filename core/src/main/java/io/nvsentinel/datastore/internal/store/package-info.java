// SPDX-License-Identifier: Apache-2.0
/** Collections and stores over connections. */
@NullMarked
package io.nvsentinel.datastore.internal.store;

import org.jspecify.annotations.NullMarked;
