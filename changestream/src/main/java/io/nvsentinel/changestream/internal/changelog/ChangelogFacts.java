// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.UUID;

/**
 * What a statement saw of the changelog as a whole, in the snapshot of its rows.
 *
 * @param incarnation identifies this changelog
 * @param oldestId the lowest id that retention cannot have removed
 * @param newestId the highest id drawn so far
 * @param standby whether the server is a standby, which cannot prove gaps
 */
public record ChangelogFacts(UUID incarnation, long oldestId, long newestId, boolean standby) {}
