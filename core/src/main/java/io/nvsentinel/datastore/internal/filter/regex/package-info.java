// SPDX-License-Identifier: Apache-2.0
/** Regular expressions that mean the same to PostgreSQL and in memory. */
@NullMarked
package io.nvsentinel.datastore.internal.filter.regex;

import org.jspecify.annotations.NullMarked;
