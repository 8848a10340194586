// SPDX-License-Identifier: Apache-2.0
/**
 * Servers that do not keep to the protocol: {@link io.nvsentinel.testserver.hostile.FakeServer} answers as a script says, and
 * {@link io.nvsentinel.testserver.hostile.RewritingProxy} changes what a real server answers.
 */
@NullMarked
package io.nvsentinel.testserver.hostile;

import org.jspecify.annotations.NullMarked;
