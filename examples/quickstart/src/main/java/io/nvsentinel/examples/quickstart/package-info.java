// SPDX-License-Identifier: Apache-2.0
/**
 * The quick start: health events stored in a real PostgreSQL over mutual TLS, and every change streamed back.
 *
 * <p>{@link io.nvsentinel.examples.quickstart.Quickstart} reads the command line, {@code Target} provides a database,
 * {@code Walkthrough} is the story, {@code Writer} writes, {@code Subscriber} watches, and {@code Ledger} compares what one
 * wrote with what the other received.
 */
@NullMarked
package io.nvsentinel.examples.quickstart;

import org.jspecify.annotations.NullMarked;
