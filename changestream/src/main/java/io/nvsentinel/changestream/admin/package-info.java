// SPDX-License-Identifier: Apache-2.0
/** Administration: lists and resets the named clients, and removes changes that no client needs any more. */
@NullMarked
package io.nvsentinel.changestream.admin;

import org.jspecify.annotations.NullMarked;
