// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class IdJumpsTest {

    private static final Instant AT = Instant.parse("2026-12-01T00:00:00Z");

    @Test
    void aGapThatTransactionsCanHaveMadeIsNone() {
        assertThat(jump(1, 2, 0)).isFalse();
        assertThat(jump(1, 34, 0)).as("after a crash").isFalse();
        assertThat(jump(1, 100_000, 500_000)).as("a rolled back transaction").isFalse();
        assertThat(jump(5, 1_006, 0)).as("as small as that").isFalse();
    }

    @Test
    void aGapForWhichTheTimeDoesNotSufficeIsOne() {
        assertThat(jump(5, 1_000_000, 99_000)).isTrue();
        assertThat(jump(5, 1_000_000_000_000L, 3_600_000_000L)).isTrue();
        assertThat(jump(5, 5_000, -1_000)).as("a clock that was set back").isTrue();
    }

    /** Those of the server reach further than microseconds in a long, and the infinite ones further than that. */
    @Test
    void timesMayBeAnyDistanceApart() {
        assertThat(IdJumps.isJump(row(1, Instant.MIN), row(100_000, Instant.MAX)))
                .isFalse();
        assertThat(IdJumps.isJump(row(1, Instant.MAX), row(100_000, Instant.MIN)))
                .isTrue();
        assertThat(IdJumps.isJump(row(1, AT), row(Long.MAX_VALUE, AT))).isTrue();
    }

    private static boolean jump(long from, long to, long micros) {
        return IdJumps.isJump(row(from, AT), row(to, AT.plusNanos(micros * 1_000)));
    }

    private static ChangelogRow row(long id, Instant at) {
        return new ChangelogRow(id, id, "things", null, Operation.TRUNCATE, at, true, 0, null, null);
    }
}
