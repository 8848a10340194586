// SPDX-License-Identifier: Apache-2.0
/**
 * {@code import-mongo}: what {@code mongoexport} wrote becomes records.
 *
 * <p>Bytes become documents ({@link io.nvsentinel.examples.cli.importing.source.DocumentSplitter}), their Extended JSON becomes
 * plain JSON ({@link io.nvsentinel.examples.cli.importing.json.Conversion}), and batches of them become rows ({@link
 * io.nvsentinel.examples.cli.importing.CollectionWriter}). The state of an import is the database itself: a record's id is
 * derived from the document's {@code _id}, so what is there already is known when it comes again, and nothing else has to
 * be remembered between two runs.
 */
@NullMarked
package io.nvsentinel.examples.cli.importing;

import org.jspecify.annotations.NullMarked;
