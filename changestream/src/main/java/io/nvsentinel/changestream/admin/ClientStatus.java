// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

import io.nvsentinel.changestream.ResumeToken;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A named client as the database knows it. Each partition of a group is a separate client, {@code group#0} and so on.
 *
 * @param clientName the name
 * @param resumeToken the stored position: it and everything before it is acknowledged
 * @param epoch distinguishes the owners of the name; it increases with each owner, and when the name is released
 * @param owner a description of the process that opened the name last, for operators; null if no process has opened it
 *     since it was reset
 * @param isOwned whether that owner is considered alive
 * @param lastSeen when it last renewed its lease; null if no process has opened the name since it was reset
 * @param cutOff when the client was reset to start at that time, so that it never received older changes; null if it
 *     was not
 * @param lag how many changes, of any collection, are after the position; exact up to 100000; above that, rolled-back
 *     ids are included
 * @param behindSince when the first of these changes was made; null if there is none
 * @param isHistoryLost whether changes that the client has not seen are gone from the changelog
 */
public record ClientStatus(
        String clientName,
        ResumeToken resumeToken,
        long epoch,
        @Nullable String owner,
        boolean isOwned,
        @Nullable Instant lastSeen,
        @Nullable Instant cutOff,
        long lag,
        @Nullable Instant behindSince,
        boolean isHistoryLost) {}
