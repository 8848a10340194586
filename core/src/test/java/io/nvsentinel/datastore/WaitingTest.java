// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.nvsentinel.tls.SslMode;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Waiting for a connection ends in time, and leaves nothing behind. */
class WaitingTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(WaitingTest.class);

    @Test
    void aServerThatAcceptsButNeverAnswersIsTriedOnceAndLeavesNoSocket() {
        for (SslMode tls : List.of(SslMode.DISABLE, SslMode.REQUIRE)) {
            try (TcpProxy proxy = proxy()) {
                proxy.blackHole();
                UnavailableException error = fails(
                        UnavailableException.class,
                        Datastore.connect(through(proxy)
                                .sslMode(tls)
                                .acquireTimeout(Duration.ofMillis(500))
                                .connectTimeout(Duration.ofSeconds(2))
                                .build()));

                assertThat(error.getMessage()).contains(proxy.host() + ":" + proxy.port(), "in time");
                // Each retry would have opened one.
                assertThat(proxy.connections()).hasSizeLessThanOrEqualTo(1);
                proxy.heal();
                Await.until("no connection", SOON, () -> proxy.connections().isEmpty());
            }
        }
    }

    @Test
    void aLogInThatIsNotAnsweredEndsWithTheConnectTimeout() {
        try (TcpProxy proxy = proxy()) {
            proxy.blackHole();
            UnavailableException error = fails(
                    UnavailableException.class,
                    Datastore.connect(through(proxy)
                            .acquireTimeout(Duration.ofMinutes(10))
                            .connectTimeout(Duration.ofMillis(300))
                            .build()));

            assertThat(error.getMessage()).contains(proxy.host() + ":" + proxy.port());
            proxy.heal();
            Await.until("no connection", SOON, () -> proxy.connections().isEmpty());
        }
    }

    @Test
    void anExhaustedPoolFailsInTimeAndWorksAgainAfterwards() throws Exception {
        Datastore datastore = Databases.connect(
                Databases.options(DATABASE.get()).maxConnections(1).acquireTimeout(Duration.ofMillis(300)));
        try (Connection holder = DATABASE.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
            var waiting = datastore.healthEvents().count(Filter.all()).toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);

            UnavailableException error = fails(
                    UnavailableException.class, datastore.maintenanceEvents().count(Filter.all()));
            assertThat(error.isRetryable()).isTrue();
            holder.rollback();
            assertThat(waiting.join()).isZero();
            assertThat(datastore.maintenanceEvents().count(Filter.all()).block(SOON))
                    .isZero();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void noCallFailsBecauseEveryIdleConnectionIsDead() {
        int connections = 10;
        try (TcpProxy proxy = proxy()) {
            Datastore datastore = Databases.connect(through(proxy).maxConnections(connections));
            for (int round = 0; round < 3; round++) {
                Flux.range(0, 4 * connections)
                        .flatMap(i -> datastore.ping(), 4 * connections)
                        .then()
                        .block(SOON);
                proxy.cut();
                Await.until("no connection", SOON, () -> proxy.connections().isEmpty());
                Flux.range(0, connections)
                        .flatMap(i -> datastore
                                .ping()
                                .then(Mono.<DatastoreException>empty())
                                .onErrorResume(DatastoreException.class, Mono::just))
                        // A connection whose end the driver has not detected fails in use; the others are replaced
                        // without an error.
                        .doOnNext(error -> assertThat(error.sqlState()).isEqualTo("08006"))
                        .then()
                        .block(SOON);
                datastore.ping().block(SOON);
            }
            datastore.close().block(SOON);
        }
    }

    @Test
    void aServerThatNoLongerAnswersFailsTheCallInTime() {
        try (TcpProxy proxy = proxy()) {
            Datastore datastore =
                    Databases.connect(through(proxy).maxConnections(1).statementTimeout(Duration.ofMillis(100)));
            proxy.blackHole();
            UnavailableException error = fails(UnavailableException.class, datastore.ping());
            assertThat(error.getMessage()).contains("did not answer in time");
            proxy.heal();
            datastore.ping().block(SOON);
            datastore.close().block(SOON);
        }
    }

    @Test
    void aCancelledStatementIsStoppedAndItsConnectionUsedAgain() throws Exception {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        try (Connection holder = DATABASE.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
            Disposable count = datastore.healthEvents().count(Filter.all()).subscribe();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            String session = DATABASE.queryForString("SELECT pid FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND wait_event_type = 'Lock'");

            count.dispose();

            // The lock is still held: a statement that continued would keep the only connection.
            datastore.ping().block(SOON);
            assertThat(waiting()).isZero();
            assertThat(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity WHERE pid = " + session))
                    .isEqualTo("1");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void cancellingAtAnyMomentLosesNoConnection() throws Exception {
        long seed = System.nanoTime();
        LOG.info("seed {}", seed);
        Random random = new Random(seed);
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(2));
        try {
            Flux.range(0, 500)
                    .flatMap(
                            i -> datastore
                                    .healthEvents()
                                    .count(Filter.all())
                                    .timeout(Duration.ofNanos(random.nextInt(20_000_000)))
                                    .onErrorComplete(),
                            20)
                    .then()
                    .block(SOON);
            try (Connection holder = DATABASE.connect()) {
                holder.setAutoCommit(false);
                holder.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
                var counts = Mono.when(
                                datastore.healthEvents().count(Filter.all()),
                                datastore.healthEvents().count(Filter.all()))
                        .toFuture();
                // Both at once: neither is missing.
                Await.until("two statements that wait", SOON, () -> waiting() == 2);
                holder.rollback();
                counts.join();
            }
            assertThat(Integer.parseInt(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND application_name = 'nvsentinel-datastore'")))
                    .isLessThanOrEqualTo(2);
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void closingFailsWhatDoesNotFinishInTime() throws Exception {
        Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                .statementTimeout(Duration.ofMinutes(10))
                .lockTimeout(Duration.ofMinutes(10)));
        try (Connection holder = DATABASE.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
            var count = datastore.healthEvents().count(Filter.all()).toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);

            datastore.close().block(SOON);

            Await.until("the end", SOON, count::isDone);
            assertThat(count).isCompletedExceptionally();
            assertThat(catchThrowableOfType(
                            UnavailableException.class,
                            () -> Mono.fromFuture(count).block(SOON)))
                    .isNotNull();
        }
    }

    @Test
    void aClosedDatastoreSaysSo() {
        Datastore datastore = Databases.connect(DATABASE.get());
        datastore.close().block(SOON);

        InvalidRequestException error = fails(InvalidRequestException.class, datastore.ping());
        assertThat(error.getMessage()).contains("closed");
    }

    private static DatastoreOptions.Builder through(TcpProxy proxy) {
        return Databases.options(DATABASE.get()).host(proxy.host()).port(proxy.port());
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    private static int waiting() {
        return Integer.parseInt(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'"));
    }

    private static <E extends Throwable> E fails(Class<E> type, Mono<?> action) {
        return catchThrowableOfType(type, () -> action.block(SOON));
    }
}
