// SPDX-License-Identifier: Apache-2.0
/** The commands that ask or do one thing: schema, clients, dead letters, lag, retention. */
@NullMarked
package io.nvsentinel.examples.cli.command;

import org.jspecify.annotations.NullMarked;
