// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one statement saw: PostgreSQL's {@code pg_snapshot}.
 *
 * @param xmin all transactions below it had ended
 * @param xmax no transaction from it on had ended
 * @param running the running transactions between them
 */
public record TransactionSnapshot(long xmin, long xmax, Set<Long> running) {

    static TransactionSnapshot parse(String text) {
        String[] parts = text.split(":", -1);
        Set<Long> running = Arrays.stream(parts[2].split(","))
                .filter(part -> !part.isEmpty())
                .map(Long::parseUnsignedLong)
                .collect(Collectors.toUnmodifiableSet());
        return new TransactionSnapshot(Long.parseUnsignedLong(parts[0]), Long.parseUnsignedLong(parts[1]), running);
    }

    /**
     * Whether the statement saw what a transaction did.
     *
     * @param transactionId a transaction that has committed by now
     * @return true if it had committed by then
     */
    public boolean sees(long transactionId) {
        return Long.compareUnsigned(transactionId, xmin) < 0
                || (Long.compareUnsigned(transactionId, xmax) < 0 && !running.contains(transactionId));
    }
}
