// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.Position;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {

    private static final UUID INCARNATION = UUID.fromString("9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10");

    private final Acknowledgements acknowledgements = new Acknowledgements(INCARNATION, 10);

    @Test
    void startsWhereItWasOpened() {
        assertThat(acknowledgements.token()).isEqualTo(Position.at(INCARNATION, 10, null));
    }

    @Test
    void whatIsOfNoInterestCountsAsHandled() {
        acknowledgements.scanned(25);

        assertThat(acknowledgements.token()).isEqualTo(Position.at(INCARNATION, 25, null));
    }

    @Test
    void whatIsHandledCountsBeforeThePageIsAtItsEnd() {
        acknowledgements.deliver(ChangelogRows.row(13)).run();

        assertThat(acknowledgements.token().id()).isEqualTo(13);
        assertThat(acknowledgements.token().checkedRow()).isEqualTo(13);
    }

    @Test
    void staysBeforeTheFirstChangeThatIsNotHandled() {
        acknowledgements.deliver(ChangelogRows.row(13));
        Runnable later = acknowledgements.deliver(ChangelogRows.row(15));
        acknowledgements.scanned(20);
        later.run();

        assertThat(acknowledgements.token().id()).isEqualTo(12);
        assertThat(acknowledgements.token().checkedRow()).isZero();
    }

    @Test
    void passesEverythingHandledOnceTheFirstOneIs() {
        Runnable first = acknowledgements.deliver(ChangelogRows.row(13));
        Runnable second = acknowledgements.deliver(ChangelogRows.row(15));
        acknowledgements.deliver(ChangelogRows.row(18));
        acknowledgements.scanned(20);
        second.run();
        first.run();

        assertThat(acknowledgements.token())
                .isEqualTo(Position.at(INCARNATION, 17, ChangelogRows.row(15).check()));
    }

    @Test
    void reachesTheEndOfWhatWasReadWhenAllIsHandled() {
        Runnable only = acknowledgements.deliver(ChangelogRows.row(13));
        acknowledgements.scanned(20);
        only.run();

        assertThat(acknowledgements.token().id()).isEqualTo(20);
        assertThat(acknowledgements.token().checkedRow()).isEqualTo(13);
    }

    @Test
    void handlingTwiceChangesNothing() {
        Runnable first = acknowledgements.deliver(ChangelogRows.row(13));
        acknowledgements.deliver(ChangelogRows.row(15));
        first.run();
        first.run();

        assertThat(acknowledgements.token().id()).isEqualTo(14);
    }
}
