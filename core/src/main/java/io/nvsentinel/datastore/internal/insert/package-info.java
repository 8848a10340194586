// SPDX-License-Identifier: Apache-2.0
/** The ways in which documents come into a collection. */
@NullMarked
package io.nvsentinel.datastore.internal.insert;

import org.jspecify.annotations.NullMarked;
