// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices gaps that no transaction can have made. Each id is drawn by the capture of one change, so transactions that were rolled
 * back can have drawn only as many ids as there was time for. Such a gap hides no change, but the sequence was set to a
 * higher value, or rows were removed by force.
 */
final class IdJumps {

    /** A crash of the server skips up to 32 ids; what is smaller than this is not worth a word. */
    static final long SMALL = 1_000;

    /** Far above what all processes of a server capture in a microsecond. */
    static final long MOST_PER_MICROSECOND = 10;

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.tail");

    private @Nullable ChangelogRow last;

    /** Checks the gaps between the rows of pages that follow each other. */
    synchronized void observe(List<ChangelogRow> rows) {
        for (ChangelogRow row : rows) {
            ChangelogRow before = last;
            if (before == null || before.id() < row.id()) {
                if (before != null && isJump(before, row)) {
                    LOG.warn(
                            "Gap without transactions: from={} to={}; more ids are missing than transactions can have drawn "
                                    + "between {} and {}. The sequence was set to a higher value, or rows were removed by force",
                            before.id(),
                            row.id(),
                            before.changedAt(),
                            row.changedAt());
                }
                last = row;
            }
        }
    }

    /** Whether more ids are missing than can have been drawn between two changes that follow each other. */
    static boolean isJump(ChangelogRow before, ChangelogRow after) {
        long missing = after.id() - before.id() - 1;
        Duration necessary = Duration.of(missing / MOST_PER_MICROSECOND, ChronoUnit.MICROS);
        return missing > SMALL && necessary.compareTo(Duration.between(before.changedAt(), after.changedAt())) > 0;
    }
}
