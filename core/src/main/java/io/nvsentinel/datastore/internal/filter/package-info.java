// SPDX-License-Identifier: Apache-2.0
/**
 * The two readers of a {@link io.nvsentinel.datastore.query.Filter}: {@link
 * io.nvsentinel.datastore.internal.filter.FilterSql} renders it to SQL, {@link
 * io.nvsentinel.datastore.internal.filter.FilterPredicate} evaluates it on a decoded document. Both resolve paths with
 * the same {@link io.nvsentinel.datastore.internal.filter.FieldMap} and must give the same verdict for every filter and
 * document; a generated corpus holds them to that.
 */
@NullMarked
package io.nvsentinel.datastore.internal.filter;

import org.jspecify.annotations.NullMarked;
