// SPDX-License-Identifier: Apache-2.0
/** Whether the changes of collections are captured. */
@NullMarked
package io.nvsentinel.changestream.internal.capture;

import org.jspecify.annotations.NullMarked;
