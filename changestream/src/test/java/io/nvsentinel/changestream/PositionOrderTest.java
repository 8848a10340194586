// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was handled in any order can be brought into the order in which it was made. */
class PositionOrderTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @Test
    void changesAreOrderedByTheirPlaceOfWhicheverWatchTheyAre() {
        List<ChangeEvent<?>> changes = new ArrayList<>();
        TestStreams.Seen<ChangeEvent<HealthEventDocument>> one = streams.watchHealth(WatchOptions.builder());
        TestStreams.Seen<ChangeEvent<HealthEventDocument>> other = streams.watchHealth(WatchOptions.builder());
        for (int i = 0; i < 12; i++) {
            streams.insertHealth("n" + i);
        }
        List<ChangeEvent<HealthEventDocument>> expected = one.await(12);
        for (int i = 0; i < 12; i++) {
            changes.add(i % 2 == 0 ? expected.get(i) : other.await(12).get(i));
        }
        Collections.shuffle(changes, new Random(1));
        changes.sort(ChangeEvent.byPosition());
        assertThat(changes)
                .extracting(ChangeEvent::recordId)
                .isEqualTo(expected.stream().map(ChangeEvent::recordId).toList());

        List<ResumeToken> tokens =
                new ArrayList<>(expected.stream().map(ChangeEvent::resumeToken).toList());
        Collections.reverse(tokens);
        tokens.sort(ResumeToken.byPosition());
        assertThat(tokens)
                .isEqualTo(expected.stream().map(ChangeEvent::resumeToken).toList());
        assertThat(ChangeEvent.byPosition()
                        .compare(expected.get(3), other.await(12).get(3)))
                .isZero();
    }

    @Test
    void tokensOfDifferentChangelogsHaveNoOrder() {
        ResumeToken one = new ResumeToken(Position.at(UUID.randomUUID(), 1, null));
        ResumeToken other = new ResumeToken(Position.at(UUID.randomUUID(), 2, null));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> ResumeToken.byPosition().compare(one, other))
                .withMessageContaining("Tokens of different changelogs have no order");
    }
}
