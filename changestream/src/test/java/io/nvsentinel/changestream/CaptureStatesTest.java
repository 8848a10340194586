// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Health;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class CaptureStatesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String ENABLE = "ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture;"
            + " ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate";

    private final List<List<String>> reported = new CopyOnWriteArrayList<>();

    @RegisterExtension
    final TestStreams streams =
            new TestStreams(DATABASE, ChangeStreamOptions.builder().listener(new ChangeStreamListener() {
                @Override
                public void onCaptureDisabled(List<String> collections) {
                    reported.add(collections);
                }
            }));

    @AfterEach
    void enable() {
        DATABASE.execute(ENABLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DISABLE TRIGGER nvsentinel_capture",
                "DISABLE TRIGGER nvsentinel_capture_truncate",
                "ENABLE TRIGGER nvsentinel_capture",
                "ENABLE REPLICA TRIGGER nvsentinel_capture"
            })
    void healthIsDegradedWhenCaptureIsDisabled(String change) {
        assertThat(health().state()).isEqualTo(Health.State.UP);
        DATABASE.execute("ALTER TABLE health_events " + change);
        assertThat(health().state()).isEqualTo(Health.State.DEGRADED);
        assertThat(health().reasons())
                .anyMatch(reason -> reason.contains("Capture") && reason.contains("health_events"));
        DATABASE.execute(ENABLE);
        assertThat(health().state()).isEqualTo(Health.State.UP);
    }

    @Test
    void aRunningWatchReportsThatCaptureIsDisabledOnce() {
        streams.watchHealth(WatchOptions.builder());
        streams.watchHealth(WatchOptions.builder());
        DATABASE.execute("ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture");
        Await.until("it is reported", TestStreams.SOON, () -> !reported.isEmpty());
        DATABASE.execute(ENABLE);
        Await.until("that it is enabled too", TestStreams.SOON, () -> reported.size() == 2);
        assertThat(reported).containsExactly(List.of("health_events"), List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE racks DISABLE TRIGGER nvsentinel_capture",
                "ALTER TABLE racks ENABLE TRIGGER nvsentinel_capture",
                "ALTER TABLE racks DISABLE TRIGGER nvsentinel_capture_truncate",
                "DROP TRIGGER nvsentinel_capture_truncate ON racks",
                "DROP TRIGGER nvsentinel_capture ON racks",
                "DROP TRIGGER nvsentinel_capture ON racks; DROP TRIGGER nvsentinel_capture_truncate ON racks"
            })
    void creatingACollectionMendsItsCapture(String change) {
        streams.datastore().createCollection("racks").block(TestStreams.SOON);
        DATABASE.execute(change);

        streams.datastore().createCollection("racks").block(TestStreams.SOON);

        assertThat(health().state()).isEqualTo(Health.State.UP);
        DATABASE.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog");
        streams.insert("racks", "{}");
        DATABASE.execute("TRUNCATE racks");
        assertThat(DATABASE.get().queryForStrings("SELECT operation FROM datastore_changelog ORDER BY id"))
                .containsExactly("INSERT", "TRUNCATE");
    }

    private Health health() {
        return streams.get().health().block(TestStreams.SOON);
    }
}
