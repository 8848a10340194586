// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** An option that is not set has the datastore's value, even if another option is set. */
class InheritedOptionsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    /** At the default poll interval of 5 s these would take twice as long as the test waits. */
    private static final int CHANGES = 8;

    @Test
    void streamsPollAsOftenAsTheDatastoreSays() {
        Datastore datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .pollInterval(Duration.ofMillis(50))
                        .build())
                .block();
        ChangeStreams streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listen(false)
                        .listener(new ChangeStreamListener() {})
                        .build());
        List<ChangeEvent<HealthEventDocument>> seen = new CopyOnWriteArrayList<>();
        try {
            Disposable watching = streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder().startAt(StartAt.beginning()).build())
                    .subscribe(seen::add);
            for (int change = 1; change <= CHANGES; change++) {
                int expected = change;
                datastore
                        .healthEvents()
                        .insert(HealthEventDocument.of(
                                Instant.now(),
                                HealthEvent.builder().nodeName("node").build()))
                        .block(TestStreams.SOON);
                Await.until("change " + expected, Duration.ofSeconds(20), () -> seen.size() == expected);
            }
            watching.dispose();
        } finally {
            streams.close().block(TestStreams.SOON);
            datastore.close().block(TestStreams.SOON);
        }
    }
}
