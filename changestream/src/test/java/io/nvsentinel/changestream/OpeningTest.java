// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A watch that is opened while the server is unavailable. */
class OpeningTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);

    private final List<String> heard = new CopyOnWriteArrayList<>();

    @Test
    void waitsForTheServer() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = connect(proxy);
            ChangeStreams streams = ChangeStreams.of(datastore, options(Duration.ZERO));
            proxy.refuse();
            proxy.cut();
            streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder()
                                    .clientName("waiting")
                                    .onSubscribed(token -> heard.add("subscribed"))
                                    .build())
                    .subscribe(change -> heard.add("change"), error -> heard.add("error " + error));
            Await.until("an attempt has failed", SOON, () -> heard.contains("failed"));
            assertThat(heard).doesNotContain("subscribed");
            proxy.heal();
            Await.until("subscribed", SOON, () -> heard.contains("subscribed"));
            DATABASE.execute("INSERT INTO health_events (data) VALUES ('{}')");
            Await.until("the change", SOON, () -> heard.contains("change"));
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    @Test
    void givesUpWhenToldTo() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = connect(proxy);
            ChangeStreams streams = ChangeStreams.of(datastore, options(Duration.ofMillis(300)));
            proxy.refuse();
            proxy.cut();
            List<Throwable> errors = new CopyOnWriteArrayList<>();
            streams.watch(datastore.healthEvents(), WatchOptions.builder().build())
                    .subscribe(change -> {}, errors::add);
            Await.until("the error", SOON, () -> !errors.isEmpty());
            assertThat(errors.get(0)).isInstanceOf(UnavailableException.class);
            assertThat(heard).hasSizeGreaterThan(1);
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    private ChangeStreamOptions options(Duration maxOutage) {
        return ChangeStreamOptions.builder()
                .maxOutage(maxOutage)
                .listener(new ChangeStreamListener() {
                    @Override
                    public void onReadFailed(DatastoreException error) {
                        heard.add("failed");
                    }
                })
                .build();
    }

    private static Datastore connect(TcpProxy proxy) {
        return Datastore.connect(Databases.options(DATABASE.get())
                        .host("127.0.0.1")
                        .port(proxy.port())
                        .build())
                .block();
    }
}
