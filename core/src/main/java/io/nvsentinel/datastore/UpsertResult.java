// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.UUID;

/**
 * What an upsert did.
 *
 * @param id the record's id
 * @param inserted whether the record is new
 * @param modified whether a record that existed was changed; false if the record is new, and if it was equal already, so
 *     that nothing was written
 */
public record UpsertResult(UUID id, boolean inserted, boolean modified) {}
