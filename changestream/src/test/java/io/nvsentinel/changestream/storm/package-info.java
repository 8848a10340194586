// SPDX-License-Identifier: Apache-2.0
/** The change stream under everything at once, and the proof that such a test would notice. */
@NullMarked
package io.nvsentinel.changestream.storm;

import org.jspecify.annotations.NullMarked;
