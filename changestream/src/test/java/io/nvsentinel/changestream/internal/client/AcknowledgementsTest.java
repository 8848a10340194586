// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.test.StepVerifier;

@Tag("essential")
class AcknowledgementsTest {

    private static final UUID INCARNATION = UUID.fromString("9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10");

    private final Acknowledgements acknowledgements = new Acknowledgements(new HistoryPoint(INCARNATION, 10, null));
    private int delivered;

    @Test
    void startsWhereItWasOpened() {
        assertThat(acknowledgements.token()).isEqualTo(Position.at(INCARNATION, 10, null));
    }

    @Test
    void whatIsOfNoInterestCountsAsHandled() {
        acknowledgements.scanned(ChangelogRows.row(25));

        assertThat(acknowledgements.token())
                .isEqualTo(Position.at(INCARNATION, 25, ChangelogRows.row(25).check()));
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
        acknowledgements.scanned(ChangelogRows.row(20));
        later.run();

        assertThat(acknowledgements.token().id()).isEqualTo(10);
        assertThat(acknowledgements.token().checkedRow()).isZero();
    }

    @Test
    void passesEverythingHandledOnceTheFirstOneIs() {
        Runnable first = acknowledgements.deliver(ChangelogRows.row(13));
        Runnable second = acknowledgements.deliver(ChangelogRows.row(15));
        acknowledgements.deliver(ChangelogRows.row(18));
        acknowledgements.scanned(ChangelogRows.row(20));
        second.run();
        first.run();

        assertThat(acknowledgements.token())
                .isEqualTo(Position.at(INCARNATION, 15, ChangelogRows.row(15).check()));
    }

    @Test
    void reachesTheEndOfWhatWasReadWhenAllIsHandled() {
        Runnable only = acknowledgements.deliver(ChangelogRows.row(13));
        acknowledgements.scanned(ChangelogRows.row(20));
        only.run();

        assertThat(acknowledgements.token().id()).isEqualTo(20);
        assertThat(acknowledgements.token().checkedRow()).isEqualTo(20);
    }

    @Test
    void handlingTwiceChangesNothing() {
        Runnable first = acknowledgements.deliver(ChangelogRows.row(13));
        acknowledgements.deliver(ChangelogRows.row(15));
        first.run();
        first.run();

        assertThat(acknowledgements.token().id()).isEqualTo(13);
    }

    @Test
    void thatReadingWaitsIsToldOnceUntilHalfIsHandled() {
        Deque<Runnable> pending = new ArrayDeque<>();
        assertThat(waitsAt(4, pending)).isEqualTo(1);
        pending.remove().run();
        assertThat(waitsAt(4, pending)).isZero();
        pending.remove().run();
        pending.remove().run();
        assertThat(waitsAt(4, pending)).isEqualTo(1);
    }

    /** Delivers until the limit is reached; returns how often that was logged. */
    private long waitsAt(int most, Deque<Runnable> pending) {
        Logger logger = (Logger) LoggerFactory.getLogger("io.nvsentinel.changestream.watch");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            while (pending.size() < most) {
                delivered++;
                pending.add(acknowledgements.deliver(ChangelogRows.row(10 + delivered)));
            }
            StepVerifier.create(acknowledgements.room(most))
                    .expectSubscription()
                    .thenCancel()
                    .verify();
        } finally {
            logger.detachAppender(lines);
        }
        return lines.list.stream()
                .filter(line -> line.getFormattedMessage().contains("reading is paused"))
                .count();
    }
}
