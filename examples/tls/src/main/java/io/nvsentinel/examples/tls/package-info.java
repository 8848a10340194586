// SPDX-License-Identifier: Apache-2.0
/** The tls module without the datastore. */
@NullMarked
package io.nvsentinel.examples.tls;

import org.jspecify.annotations.NullMarked;
