// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/**
 * What an update did. A document to which the update gives the values that it has already is matched and not modified:
 * nothing is written, its version and {@code updated_at} stay as they are, and change streams see no change.
 *
 * @param matched how many documents were selected
 * @param modified how many of them were changed
 */
public record UpdateResult(long matched, long modified) {}
