// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
class ReplayTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** Asked a second ago, when the primary's clock was at 100 s. */
    private static final LogPosition PRIMARY = new LogPosition(1000, 100_000_000, SECOND);

    @Test
    void whatHasReachedThePrimarysPositionIsAsStaleAsThatIsOld() {
        assertThat(staleness(1000, 1L)).isEqualTo(Duration.ofSeconds(1));
        assertThat(staleness(1001, null)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whatLagsIsAsStaleAsItsLastCommit() {
        assertThat(staleness(999, 70_000_000L)).isEqualTo(Duration.ofSeconds(31));
    }

    @Test
    void aCommitAfterThePrimaryWasAskedCountsWithItsOwnAge() {
        assertThat(staleness(999, 100_400_000L)).isEqualTo(Duration.ofMillis(600));
        assertThat(staleness(999, 200_000_000L)).isEqualTo(Duration.ZERO);
    }

    @Test
    void whatLagsWithoutACommitHasNoBound() {
        assertThat(staleness(999, null)).isNull();
    }

    private static Duration staleness(long lsn, Long committed) {
        return new Replay(true, lsn, committed, null).staleness(PRIMARY, 2 * SECOND);
    }
}
