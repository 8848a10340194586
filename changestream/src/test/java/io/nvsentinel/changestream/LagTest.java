// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("slow")
class LagTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String LAG = "nvsentinel.changestream.lag.";

    private final MockClock clock = new MockClock();
    private final MeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final ChangeStreamMetrics metrics = new ChangeStreamMetrics(registry);

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE,
            ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(100)).listener(metrics));

    @BeforeEach
    void forget() {
        DATABASE.execute("DELETE FROM resume_tokens");
    }

    @Test
    void isUnknownOfAClientThatNeverWas() {
        assertThat(streams.get().lag("unknown").block()).isNull();
        assertThat(streams.get().lag(" ").block()).isNull();
        assertThat(streams.get().status().block().clients()).isEmpty();
    }

    @Test
    void countsWhatIsNotAcknowledgedAndGrowsWhileTheClientStandsStill() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("slow"));
        assertThat(lag("slow")).isEqualTo(new ClientLag("slow", 0, Duration.ZERO));
        streams.insertHealth("a");
        streams.insertHealth("b");
        seen.await(2);
        DATABASE.execute("SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = "
                + "changed_at - interval '20 min'"
                + " WHERE id = (SELECT max(id) - 1 FROM datastore_changelog)");
        ClientLag behind = lag("slow");
        assertThat(behind.changes()).isEqualTo(2);
        assertThat(behind.age()).isBetween(Duration.ofMinutes(20), Duration.ofMinutes(30));
        assertThat(lag("slow").age()).isGreaterThan(behind.age());
        assertThat(behind.timeToHistoryLoss(Duration.ofHours(1)))
                .isBetween(Duration.ofMinutes(30), Duration.ofMinutes(40));
        assertThat(behind.timeToHistoryLoss(Duration.ofMinutes(1))).isZero();

        seen.events.forEach(ChangeEvent::acknowledge);
        Await.until("caught up", TestStreams.SOON, () -> lag("slow").isCaughtUp());
        assertThat(lag("slow").age()).isZero();
        seen.cancel();
        streams.restart();
        streams.insertHealth("while it runs nowhere");
        assertThat(lag("slow").changes()).isEqualTo(1);
    }

    @Test
    void isNeverNegativeThoughClocksDisagree() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("skewed"));
        streams.insertHealth("a");
        seen.await(1);
        DATABASE.execute(
                "SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = now() + interval '1 h'"
                        + " WHERE id = (SELECT max(id) FROM datastore_changelog)");
        assertThat(lag("skewed")).isEqualTo(new ClientLag("skewed", 1, Duration.ZERO));
    }

    @Test
    void idsThatWereRolledBackAreNoLag() {
        streams.watchHealth(WatchOptions.builder().clientName("exact"));
        DATABASE.execute("SELECT nextval('datastore_changelog_id_seq') FROM generate_series(1, 5)");
        assertThat(lag("exact").isCaughtUp()).isTrue();
    }

    @Test
    void statusTellsTheGapItsHolderAndTheSizeOfTheChangelog() throws Exception {
        streams.watchHealth(WatchOptions.builder().clientName("held"));
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SET application_name = 'the slow one'");
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
            streams.insertHealth("fast");
            ChangeStreamStatus held = Await.until(
                    "the holder's name",
                    TestStreams.SOON,
                    () -> streams.get().status().block(),
                    status -> status.gap() != null && !status.gap().holders().isEmpty());
            assertThat(held.gap().holders()).singleElement().asString().contains("the slow one");
            assertThat(held.listening()).isTrue();
            assertThat(held.changelogRows()).isPositive();
            assertThat(held.changelogBytes()).isPositive();
            assertThat(held.clients()).extracting(ClientLag::clientName).contains("held");
            slow.rollback();
        }
        Await.until(
                "the gap is closed",
                TestStreams.SOON,
                () -> streams.get().status().block().gap() == null);
    }

    @Test
    void metersAreAbsentUntilKnownAndAgeWhenNothingIsHeard() {
        assertThat(registry.find(LAG + "seconds").gauge()).isNull();
        metrics.onLag(new ClientLag("c", 0, Duration.ZERO));
        assertThat(seconds("c")).isZero();
        clock.add(Duration.ofSeconds(5));
        assertThat(seconds("c")).as("caught up a moment ago").isZero();
        clock.add(Duration.ofSeconds(60));
        assertThat(seconds("c")).as("no new value for a long time").isEqualTo(65);
        metrics.onLag(new ClientLag("c", 3, Duration.ofSeconds(30)));
        assertThat(seconds("c")).isEqualTo(30);
        assertThat(registry.get(LAG + "changes").tag("client", "c").gauge().value())
                .isEqualTo(3);
        clock.add(Duration.ofSeconds(2));
        assertThat(seconds("c")).isEqualTo(32);
        metrics.onLag(new ClientLag("other", 0, Duration.ZERO));
        assertThat(seconds("c")).isEqualTo(32);
    }

    @Test
    void aSecondSetOfMetersOnOneRegistryAndOneOnAnotherDoNoHarm() {
        ChangeStreamMetrics again = new ChangeStreamMetrics(registry);
        SimpleMeterRegistry elsewhere = new SimpleMeterRegistry();
        metrics.onLag(new ClientLag("c", 1, Duration.ZERO));
        again.onLag(new ClientLag("c", 2, Duration.ZERO));
        assertThat(registry.find(LAG + "changes").gauges()).hasSize(1);
        assertThat(elsewhere.getMeters()).isEmpty();
    }

    @Test
    void streamsCountWhatTheyDoAndTellTheLagOfClientsThatRunHere() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("counted"));
        streams.insertHealth("a");
        seen.await(1).get(0).acknowledge();
        Await.until(
                "the lag is reported",
                TestStreams.SOON,
                () -> registry.find(LAG + "changes").tag("client", "counted").gauge() != null);
        assertThat(registry.get("nvsentinel.changestream.changes.read")
                        .counter()
                        .count())
                .isPositive();
        assertThat(registry.get("nvsentinel.changestream.tokens.stored")
                        .counter()
                        .count())
                .isPositive();
        assertThat(registry.get("nvsentinel.changestream.listening").gauge().value())
                .isEqualTo(1);
    }

    @Test
    void nothingIsTellingTheLagOfAClientThatHasEnded() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("ending"));
        Await.until(
                "the lag is reported",
                TestStreams.SOON,
                () -> registry.find(LAG + "seconds").tag("client", "ending").gauge() != null);
        seen.cancel();
        Await.until(
                "the gauges are gone",
                TestStreams.SOON,
                () -> registry.find(LAG + "seconds").tag("client", "ending").gauge() == null
                        && registry.find(LAG + "changes")
                                        .tag("client", "ending")
                                        .gauge()
                                == null);
        Await.until(
                "no listener",
                TestStreams.SOON,
                () -> registry.get("nvsentinel.changestream.listening").gauge().value() == 0);
        streams.watchHealth(WatchOptions.builder().clientName("ending"));
        Await.until(
                "the lag is reported again",
                TestStreams.SOON,
                () -> registry.find(LAG + "seconds").tag("client", "ending").gauge() != null);
    }

    @Test
    void metersTellHowManyPartitionsAreHandledHere() {
        metrics.onPartitionTaken("group", 0);
        metrics.onPartitionTaken("group", 1);
        metrics.onPartitionTaken("group", 2);
        metrics.onPartitionHandedOver("group", 0);
        metrics.onPartitionLost("group", 1, new ClientFencedException("lost"));
        assertThat(registry.get("nvsentinel.changestream.partitions").gauge().value())
                .isEqualTo(1);
        assertThat(registry.get("nvsentinel.changestream.partitions.lost")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    private double seconds(String client) {
        return registry.get(LAG + "seconds").tag("client", client).gauge().value();
    }

    private ClientLag lag(String client) {
        return streams.get().lag(client).block();
    }
}
