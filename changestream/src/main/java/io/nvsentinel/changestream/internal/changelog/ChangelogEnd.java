// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.UUID;

/**
 * How far the changelog reaches.
 *
 * @param id the highest id
 * @param oldest the lowest id that is surely still kept
 * @param incarnation which changelog
 */
public record ChangelogEnd(long id, long oldest, UUID incarnation) {}
