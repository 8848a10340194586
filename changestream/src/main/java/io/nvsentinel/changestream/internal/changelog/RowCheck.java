// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * What a token remembers of one delivered row, to notice that history was rewritten (a restored backup, a failover that
 * lost commits): the same id then carries another transaction or another time.
 *
 * @param id the row
 * @param transactionId its transaction
 * @param changedAt its time
 */
public record RowCheck(long id, long transactionId, Instant changedAt) {

    private static final int DIGEST_BYTES = 8;

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
        String facts = id + " " + transactionId + " " + changedAt;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(facts.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("bug: every Java platform has SHA-256", e);
        }
    }
}
