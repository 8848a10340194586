// SPDX-License-Identifier: Apache-2.0
/** What operators do: see and move the named clients, and remove changes that nobody needs any more. */
@NullMarked
package io.nvsentinel.changestream.admin;

import org.jspecify.annotations.NullMarked;
