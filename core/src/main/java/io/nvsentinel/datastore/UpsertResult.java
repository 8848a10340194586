// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.UUID;

/**
 * What an upsert did.
 *
 * @param id the record's id
 * @param inserted whether the record is new; else it was there and was changed
 */
public record UpsertResult(UUID id, boolean inserted) {}
