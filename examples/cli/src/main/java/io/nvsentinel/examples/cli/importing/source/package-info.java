// SPDX-License-Identifier: Apache-2.0
/** Exports as bytes, cut into documents. */
@NullMarked
package io.nvsentinel.examples.cli.importing.source;

import org.jspecify.annotations.NullMarked;
