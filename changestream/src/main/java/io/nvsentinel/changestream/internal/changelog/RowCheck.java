// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.internal.time.ServerTimes;
import java.time.Instant;

/**
 * What a token remembers of one delivered row, to notice that history was rewritten (a restored backup, a failover that
 * lost commits): the same id then carries another transaction or another time.
 *
 * @param id the row
 * @param transactionId its transaction; unsigned
 * @param changedAt its time
 */
public record RowCheck(long id, long transactionId, Instant changedAt) {

    /**
     * What to remember of a row.
     *
     * @param row the row
     * @return the facts
     */
    public static RowCheck of(ChangelogRow row) {
        return new RowCheck(row.id(), row.transactionId(), row.changedAt());
    }

    /**
     * A digest of the facts.
     *
     * @return 16 hexadecimal digits
     */
    public String digest() {
        return Digest.of(id + " " + Long.toUnsignedString(transactionId) + " " + changedAt);
    }

    /**
     * The time as the server's binary protocol has it.
     *
     * @return microseconds since the year 2000
     */
    public long changedAtMicros() {
        return ServerTimes.micros(changedAt);
    }
}
