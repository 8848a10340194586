// SPDX-License-Identifier: Apache-2.0
/**
 * The one family of errors. The type of an error says what a caller can do: retry, look first whether it was done, change the
 * request, or change the configuration. No error contains a secret or a document.
 */
@NullMarked
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.NullMarked;
