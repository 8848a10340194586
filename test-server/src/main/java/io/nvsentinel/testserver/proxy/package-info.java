// SPDX-License-Identifier: Apache-2.0
/** Faults of a network, made by a proxy on this machine. */
@NullMarked
package io.nvsentinel.testserver.proxy;

import org.jspecify.annotations.NullMarked;
