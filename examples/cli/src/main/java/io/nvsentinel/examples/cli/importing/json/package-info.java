// SPDX-License-Identifier: Apache-2.0
/** MongoDB's Extended JSON into the JSON that is stored. Pure: no file and no database. */
@NullMarked
package io.nvsentinel.examples.cli.importing.json;

import org.jspecify.annotations.NullMarked;
