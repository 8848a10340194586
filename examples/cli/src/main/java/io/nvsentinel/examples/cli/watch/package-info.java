// SPDX-License-Identifier: Apache-2.0
/** {@code nvsentinel watch}. */
@NullMarked
package io.nvsentinel.examples.cli.watch;

import org.jspecify.annotations.NullMarked;
