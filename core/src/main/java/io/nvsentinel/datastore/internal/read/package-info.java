// SPDX-License-Identifier: Apache-2.0
/** What a collection reads, page by page. */
@NullMarked
package io.nvsentinel.datastore.internal.read;

import org.jspecify.annotations.NullMarked;
