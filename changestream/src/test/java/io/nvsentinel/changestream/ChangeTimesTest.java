// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Changes are stamped by the server's clock, even if it is wrong, and a token recognises each of them. */
class ChangeTimesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @BeforeEach
    void empty() {
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = 1");
    }

    @Test
    void resumesAfterAChangeOfAnyTime() {
        long seed = System.nanoTime();
        List<Instant> times = times(new Random(seed));
        for (int i = 0; i <= times.size(); i++) {
            streams.insertHealth("node-" + i);
        }
        for (int i = 0; i < times.size(); i++) {
            DATABASE.execute("SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = "
                    + sql(times.get(i)) + " WHERE new_values #>> '{healthevent,nodeName}' = 'node-" + i + "'");
        }
        List<ChangeEvent<HealthEventDocument>> changes =
                watch(StartAt.beginning()).await(times.size() + 1);

        for (int i = 0; i < times.size(); i++) {
            ChangeEvent<HealthEventDocument> change = changes.get(i);
            assertThat(change.changedAt()).as("seed %s", seed).isEqualTo(times.get(i));
            ResumeToken token = ResumeToken.parse(change.resumeToken().encode());
            Seen<ChangeEvent<HealthEventDocument>> after = watch(StartAt.after(token));
            assertThat(after.await(times.size() - i).get(0).after().event().nodeName())
                    .as("after %s, seed %s", times.get(i), seed)
                    .isEqualTo("node-" + (i + 1));
            after.cancel();
        }
    }

    @Test
    void startsAtAnyTime() {
        streams.insertHealth("old");
        streams.insertHealth("new");
        DATABASE.execute("SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = "
                + "'0044-03-15 12:00:00+00 BC'"
                + " WHERE new_values #>> '{healthevent,nodeName}' = 'old'");
        Seen<ChangeEvent<HealthEventDocument>> both = watch(StartAt.at(Instant.parse("-0043-03-15T12:00:00Z")));
        assertThat(nodes(both.await(2))).containsExactly("old", "new");
        Seen<ChangeEvent<HealthEventDocument>> one = watch(StartAt.at(Instant.parse("-0043-03-15T12:00:00.000001Z")));
        assertThat(nodes(one.await(1))).containsExactly("new");
    }

    private Seen<ChangeEvent<HealthEventDocument>> watch(StartAt start) {
        return streams.watchHealth(WatchOptions.builder().startAt(start));
    }

    private static List<String> nodes(List<ChangeEvent<HealthEventDocument>> changes) {
        return changes.stream().map(change -> change.after().event().nodeName()).toList();
    }

    private static String sql(Instant time) {
        if (time.equals(Instant.MIN) || time.equals(Instant.MAX)) {
            return time.equals(Instant.MAX) ? "'infinity'" : "'-infinity'";
        }
        String halves = Math.floorDiv(time.getEpochSecond(), 86_400L) + " * interval '12 hours'";
        return "timestamptz '1970-01-01 00:00:00+00' + " + halves + " + " + halves + " + "
                + Math.floorMod(time.getEpochSecond(), 86_400L) + " * interval '1 second' + " + time.getNano() / 1000
                + " * interval '1 microsecond'";
    }

    private static List<Instant> times(Random random) {
        List<Instant> times = new ArrayList<>(List.of(
                Instant.MIN,
                Instant.parse("-4713-11-24T00:00:00Z"),
                Instant.parse("0001-01-01T00:00:00Z"),
                Instant.parse("1582-10-14T23:59:59.999999Z"),
                Instant.parse("2026-12-01T00:00:00.000001Z"),
                Instant.parse("+294276-12-31T23:59:59.999999Z"),
                Instant.MAX));
        for (int i = 0; i < 10; i++) {
            times.add(Instant.parse("-4713-11-24T00:00:00Z")
                    .plusSeconds(Math.floorMod(random.nextLong(), 200_000_000_000L)));
        }
        return times;
    }
}
