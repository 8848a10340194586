// SPDX-License-Identifier: Apache-2.0
/**
 * Filters, queries, sort orders, read preferences and updates: immutable values that are built in Java or read from
 * MongoDB's JSON spelling.
 */
@NullMarked
package io.nvsentinel.datastore.query;

import org.jspecify.annotations.NullMarked;
