// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Every order in which six changes can be delivered and acknowledged, with changes between them that the client does not
 * want: after each step the position is the end of the acknowledged prefix.
 */
class AcknowledgementsExplorationTest {

    private static final int DELIVERIES = 6;
    /** The change before each that is delivered is of no interest to the client. */
    private static final int IDS_PER_DELIVERY = 2;

    private static final int ORDERS = 11 * 9 * 7 * 5 * 3;

    private int orders;

    @Test
    void thePositionIsTheEndOfTheAcknowledgedPrefixInEveryOrder() {
        explore(new ArrayList<>(), 0, new HashSet<>());

        assertThat(orders).isEqualTo(ORDERS);
    }

    /** A step is 0 for the next delivery, or the id of the change that is acknowledged. */
    private void explore(List<Long> steps, int delivered, Set<Long> unacknowledged) {
        if (steps.size() == 2 * DELIVERIES) {
            orders++;
            replay(steps);
            return;
        }
        if (delivered < DELIVERIES) {
            Set<Long> more = new HashSet<>(unacknowledged);
            more.add(id(delivered + 1));
            explore(plus(steps, 0L), delivered + 1, more);
        }
        for (long id : unacknowledged) {
            Set<Long> fewer = new HashSet<>(unacknowledged);
            fewer.remove(id);
            explore(plus(steps, id), delivered, fewer);
        }
    }

    private static List<Long> plus(List<Long> steps, long step) {
        List<Long> more = new ArrayList<>(steps);
        more.add(step);
        return more;
    }

    private static long id(int delivery) {
        return (long) delivery * IDS_PER_DELIVERY;
    }

    private static void replay(List<Long> steps) {
        Acknowledgements acknowledgements = new Acknowledgements(ChangelogRows.point(0));
        List<Runnable> acknowledge = new ArrayList<>();
        TreeSet<Long> waiting = new TreeSet<>();
        for (long step : steps) {
            if (step == 0) {
                long id = id(acknowledge.size() + 1);
                acknowledgements.scanned(ChangelogRows.row(id - 1));
                acknowledge.add(acknowledgements.deliver(ChangelogRows.row(id)));
                acknowledgements.scanned(ChangelogRows.row(id));
                waiting.add(id);
            } else {
                acknowledge.get((int) (step / IDS_PER_DELIVERY) - 1).run();
                waiting.remove(step);
            }
            long end = waiting.isEmpty() ? id(acknowledge.size()) : waiting.first() - 1;
            Position position = acknowledgements.token();
            assertThat(position.id()).as("after %s", steps).isEqualTo(end);
            assertThat(position.checkedRow())
                    .as("the row at the position, after %s", steps)
                    .isEqualTo(end);
        }
    }
}
