// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import io.micrometer.core.instrument.MeterRegistry;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientLag;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.UndecodableChange;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import io.nvsentinel.datastore.query.Filter;
import java.time.Duration;
import java.util.List;

/** A registry with every meter: events that do not occur in the run are sent to its listener directly. */
final class AllMeters {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String DEAD_LETTER = "INSERT INTO dead_letters (client_name, incarnation, position, xid,"
            + " changed_at, table_name, operation, error_class, attempts)"
            + " VALUES ('drainer', gen_random_uuid(), 1, 1, now(), 'health_events', 'INSERT', 'x', 1)";

    private AllMeters() {}

    static void register(SecureDatabase database, MeterRegistry registry) {
        DatastoreMetrics metrics = new DatastoreMetrics();
        metrics.bindTo(registry);
        ChangeStreamMetrics streamMetrics = new ChangeStreamMetrics(registry);
        database.execute(DEAD_LETTER);
        Datastore datastore = Datastore.connect(database.application(), metrics).block(SOON);
        ChangeStreams streams = ChangeStreams.of(
                datastore, ChangeStreamOptions.builder().listener(streamMetrics).build());
        try {
            datastore.healthEvents().count(Filter.all()).block(SOON);
            metrics.sample().block(SOON);
            database.execute("INSERT INTO health_events (data) VALUES ('{}')");
            streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder().startAt(StartAt.beginning()).build())
                    .next()
                    .block(SOON);
            tell(streamMetrics);
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    private static void tell(ChangeStreamMetrics metrics) {
        metrics.onWakeUp(WakeUp.NOTIFICATION);
        metrics.onListening();
        metrics.onPollingOnly(new IllegalStateException());
        metrics.onGapHeld(1, List.of("other"));
        metrics.onGapClosed(1, Duration.ofSeconds(1));
        UnavailableException away = new UnavailableException("away", null, null);
        metrics.onReadFailed(away);
        metrics.onReadRecovered(1);
        metrics.onTokenStored("drainer", null);
        metrics.onTokenNotStored("drainer", away);
        metrics.onFenced("drainer");
        metrics.onPartitionTaken("drainer", 1);
        metrics.onPartitionLost("drainer", 1, new ClientFencedException("taken over"));
        metrics.onHandlerFailed("drainer", null, 1, away);
        metrics.onDeadLetter("drainer", null, 1, away);
        metrics.onLag(new ClientLag("drainer", 0, Duration.ZERO));
        metrics.onUndecodable(new UndecodableChange(null, Operation.INSERT, "health_events", null, null));
    }
}
