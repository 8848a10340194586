// SPDX-License-Identifier: Apache-2.0
/** Certificate authorities for tests, good and bad certificates of theirs, and the mounted files that hold them. */
@NullMarked
package io.nvsentinel.testserver.pki;

import org.jspecify.annotations.NullMarked;
