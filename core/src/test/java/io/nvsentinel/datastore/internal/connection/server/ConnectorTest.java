// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.nvsentinel.tls.SslMode;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

/** That closing a connection leaves no session at the server. */
@Tag("slow")
class ConnectorTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void theSocketIsClosedWhereTheDriverHasNotTakenItsLeave() {
        Connector connector =
                connector(DATABASE.get().host() + ":" + DATABASE.get().port());
        Connection connection = connector.create().block(SOON);
        closeWithoutLeave(connection);
        connector.close(connection).block(SOON);
        Await.until("no session", SOON, ConnectorTest::sessions, "0"::equals);
    }

    @Test
    void theSocketIsClosedAlthoughAnotherHostWasTriedFirst() {
        try (TcpProxy refusing =
                TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            refusing.refuse();
            Connector connector = connector(refusing.host() + ":" + refusing.port() + ","
                    + DATABASE.get().host() + ":" + DATABASE.get().port());
            Connection connection = connector.create().block(SOON);
            closeWithoutLeave(connection);
            connector.close(connection).block(SOON);
            Await.until("no session", SOON, ConnectorTest::sessions, "0"::equals);
        }
    }

    /** The driver then takes the connection for closed, and leaves the socket open. */
    private static void closeWithoutLeave(Connection connection) {
        connection.close().subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                cancel();
            }
        });
    }

    private static Connector connector(String hosts) {
        DatastoreOptions options = DatastoreOptions.builder()
                .host(hosts)
                .database(DATABASE.get().name())
                .username(DATABASE.get().user())
                .password(DATABASE.get().password())
                .sslMode(SslMode.DISABLE)
                .applicationName("connector")
                .build();
        return new Connector(options, options.addresses(), null, new Primary(), Schedulers.parallel());
    }

    private static String sessions() {
        return DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'connector'");
    }
}
