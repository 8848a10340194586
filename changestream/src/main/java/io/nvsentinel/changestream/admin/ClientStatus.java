// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

import io.nvsentinel.changestream.ResumeToken;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A named client as the database knows it. A partition of a group is a client of its own, {@code group#0} and so on.
 *
 * @param clientName the name
 * @param resumeToken the stored position: it and everything before it is acknowledged
 * @param epoch tells the owners of the name apart; it grows with each, and when the name is given up
 * @param owner who opened the name last, for people; null if nobody has since it was reset
 * @param isOwned whether that owner is taken to be alive
 * @param lastSeen when it gave the last sign of life; null if nobody has opened the name since it was reset
 * @param cutOff when the client was told to start afresh, now, and so what it never saw is older; null if it was not
 * @param lag how many changes, of whatever collection, lie behind the position; exact up to 100000, beyond that counted
 *     with those that were rolled back
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
