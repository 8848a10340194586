// SPDX-License-Identifier: Apache-2.0
/** The datastore in Mutiny's types. */
@NullMarked
package io.nvsentinel.examples.mutiny;

import org.jspecify.annotations.NullMarked;
