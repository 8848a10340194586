// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.Operation;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private static final UUID RECORD = UUID.randomUUID();
    private static final Change INSERT = new Change(RECORD, Operation.INSERT, "||null");
    private static final Change UPDATE = new Change(RECORD, Operation.UPDATE, "Quarantined||null");

    private final Ledger ledger = new Ledger();

    @Test
    void whatArrivedOnceIsGood() {
        ledger.received(INSERT, 1);
        ledger.wrote(INSERT);
        ledger.wrote(UPDATE);
        ledger.received(UPDATE, 2);

        assertThat(ledger.awaitComplete(Duration.ZERO)).isTrue();
        assertThat(ledger.summary().isGood()).isTrue();
        assertThat(ledger.summary().text())
                .isEqualTo("events 2, received 2, lost 0, duplicates 0, latency p50 1.0 ms, p99 2.0 ms");
    }

    @Test
    void aMissingChangeIsLost() {
        ledger.wrote(INSERT);
        ledger.wrote(UPDATE);
        ledger.received(INSERT, 1);

        assertThat(ledger.awaitComplete(Duration.ZERO)).isFalse();
        assertThat(ledger.summary().lost()).isEqualTo(1);
        assertThat(ledger.summary().duplicates()).isZero();
        assertThat(ledger.summary().isGood()).isFalse();
    }

    @Test
    void aRepeatedChangeIsADuplicate() {
        ledger.wrote(INSERT);
        ledger.received(INSERT, 1);
        ledger.received(INSERT, 1);

        assertThat(ledger.summary().lost()).isZero();
        assertThat(ledger.summary().duplicates()).isEqualTo(1);
        assertThat(ledger.summary().isGood()).isFalse();
    }

    @Test
    void aDuplicateDoesNotMakeUpForALoss() {
        ledger.wrote(INSERT);
        ledger.wrote(UPDATE);
        ledger.received(INSERT, 1);
        ledger.received(INSERT, 1);

        assertThat(ledger.summary().lost()).isEqualTo(1);
        assertThat(ledger.summary().duplicates()).isEqualTo(1);
    }

    @Test
    void aChangeInAWrongStateCountsAsBoth() {
        ledger.wrote(UPDATE);
        ledger.received(new Change(RECORD, Operation.UPDATE, "UnQuarantined||null"), 1);

        assertThat(ledger.summary().lost()).isEqualTo(1);
        assertThat(ledger.summary().duplicates()).isEqualTo(1);
    }

    @Test
    void changesOfOthersDoNotCount() {
        ledger.wrote(INSERT);
        ledger.received(INSERT, 1);
        ledger.received(new Change(UUID.randomUUID(), Operation.INSERT, "||null"), 500);

        assertThat(ledger.summary().isGood()).isTrue();
        assertThat(ledger.summary().received()).isEqualTo(1);
        assertThat(ledger.summary().percentile(0.99)).isEqualTo(1);
    }

    @Test
    void aFailureEndsTheWait() {
        ledger.wrote(INSERT);
        ledger.fail(new QuickstartException("the stream broke"));

        assertThatThrownBy(() -> ledger.awaitComplete(Duration.ofMinutes(1))).hasMessage("the stream broke");
    }

    @Test
    void percentilesAreNearestRanks() {
        Summary summary = new Summary(4, 4, 0, 0, List.of(4.0, 1.0, 3.0, 2.0));

        assertThat(summary.percentile(0.5)).isEqualTo(2);
        assertThat(summary.percentile(0.99)).isEqualTo(4);
        assertThat(new Summary(0, 0, 0, 0, List.of()).percentile(0.5)).isNaN();
    }
}
