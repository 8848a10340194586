// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** The last watch is cancelled while the answer to LISTEN is on its way. */
class ListeningEndTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);

    private final List<String> heard = new CopyOnWriteArrayList<>();

    @Test
    void anAnswerThatComesDuringTheCancellationIsNotReported() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = connect(proxy);
            ChangeStreams streams = ChangeStreams.of(
                    datastore,
                    ChangeStreamOptions.builder().listener(new Reports(proxy)).build());
            proxy.delay(Duration.ofMillis(300));
            Disposable watch = streams.watch(
                            datastore.healthEvents(), WatchOptions.builder().build())
                    .subscribe();
            Await.until(
                    "the server has answered LISTEN",
                    SOON,
                    () -> !sessions("^LISTEN").isEmpty());
            watch.dispose();
            Await.until("the connection is closed", SOON, () -> isClosed(proxy));
            assertThat(heard).endsWith("ended");
            assertThat(streams.status().block(SOON).listening()).isFalse();
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    private static List<String> sessions(String query) {
        return DATABASE.get()
                .queryForStrings("SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid() AND query ~ '" + query + "'");
    }

    private static boolean isClosed(TcpProxy proxy) {
        return proxy.connections().stream().noneMatch(ProxiedConnection::isOpen);
    }

    /** Only what bypasses the pool goes through the proxy. */
    private static Datastore connect(TcpProxy proxy) {
        return Datastore.connect(Databases.options(DATABASE.get())
                        .directHost("127.0.0.1:" + proxy.port())
                        .build())
                .block(SOON);
    }

    /** Holds up the thread that cancels, until the answer has come or can come no more. */
    private final class Reports implements ChangeStreamListener {

        private final TcpProxy proxy;

        Reports(TcpProxy proxy) {
            this.proxy = proxy;
        }

        @Override
        public void onListening() {
            heard.add("listening");
        }

        @Override
        public void onListeningEnded() {
            Await.until("the answer", SOON, () -> heard.contains("listening") || isClosed(proxy));
            heard.add("ended");
        }
    }
}
