// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is open when Quarkus stops; after it, the database must have no session. */
class LifecycleTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(60);

    private static DatastoreOptions options() {
        TestDatabase database = DATABASE.get();
        return DatastoreOptions.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .sslMode(SslMode.DISABLE)
                .build();
    }

    @Test
    void endsWatchesAndClosesEveryConnection() {
        DatastoreProducer beans = new DatastoreProducer();
        DatastoreMetrics metrics = beans.metrics();
        Datastore datastore = beans.datastore(options(), metrics);
        MutinyEvents events = new MutinyEvents(datastore, beans.changeStreams(datastore, new SimpleMeterRegistry()));
        Lifecycle lifecycle = new Lifecycle(events, metrics);
        lifecycle.start(new StartupEvent());
        AssertSubscriber<Object> watching = AssertSubscriber.create(1);
        events.watch(WatchOptions.builder().build())
                .onItem()
                .castTo(Object.class)
                .subscribe(watching);
        assertThat(events.health().await().atMost(SOON).state()).isNotEqualTo(State.DOWN);

        lifecycle.stop(new ShutdownEvent());
        watching.awaitCompletion(SOON);
    }
}
