// SPDX-License-Identifier: Apache-2.0
/**
 * Computations over the documents of a collection: an {@link io.nvsentinel.datastore.aggregation.Aggregation} is a list
 * of {@linkplain io.nvsentinel.datastore.aggregation.Stage stages}, carried out by the server in the order written.
 *
 * <h2>Values</h2>
 *
 * Everything is a JSON value, or missing. Paths mean what they mean in {@link io.nvsentinel.datastore.query.Filter}, as
 * long as the documents are the collection's documents; after {@code group} and {@code count} names are taken as they
 * are. A field that a stage adds is found by later stages under its name. In an expression a path does not go through the
 * elements of arrays. Documents and entities in variables have the names of the collection's documents.
 *
 * <h2>Order</h2>
 *
 * Documents come in the order of their creation until a {@code sort}. Stages keep the order; groups come in the order
 * of their keys. Sorting, smallest and greatest follow {@link io.nvsentinel.datastore.query.Sort}; comparisons in
 * expressions follow {@link io.nvsentinel.datastore.query.Filter}: only values of the same type have an order.
 */
@NullMarked
package io.nvsentinel.datastore.aggregation;

import org.jspecify.annotations.NullMarked;
