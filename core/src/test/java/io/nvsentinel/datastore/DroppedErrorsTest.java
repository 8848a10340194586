// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

/**
 * However a call ends early, Reactor has no error left that it would log because no subscriber receives it any more, and the driver logs
 * no stack trace of a connection that was lost: the caller has its error.
 */
class DroppedErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());
    private static final Filter OF_THE_NODE = Filter.eq("healthevent.nodeName", "n");

    /** Each waits while the table is locked. */
    private static final List<Function<Datastore, Mono<?>>> CALLS = List.of(
            datastore -> datastore.healthEvents().insert(EVENT),
            datastore -> datastore.healthEvents().insertMany(List.of(EVENT, EVENT)),
            datastore -> datastore
                    .healthEvents()
                    .insertStream(Flux.just(EVENT), BatchOptions.defaults())
                    .then(),
            datastore -> datastore.healthEvents().find(OF_THE_NODE).then(),
            datastore -> datastore.healthEvents().updateMany(OF_THE_NODE, Update.set("healthevent.message", "m")),
            datastore ->
                    datastore.inTransaction(session -> session.healthEvents().insert(EVENT)));

    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    private final Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();
    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getThrowableProxy() != null) {
                logged.add(event.getLoggerName() + ": " + event.getFormattedMessage() + ": "
                        + event.getThrowableProxy().getMessage());
            }
        }
    };

    @BeforeEach
    void listen() {
        Hooks.onErrorDropped(dropped::add);
        appender.start();
        ROOT.addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        Hooks.resetOnErrorDropped();
        ROOT.detachAppender(appender);
        assertThat(dropped).isEmpty();
        assertThat(logged).isEmpty();
    }

    @Test
    void ofAStatementThatTakesTooLong() throws Exception {
        Datastore datastore = Databases.connect(
                Databases.options(DATABASE.get()).maxConnections(2).statementTimeout(Duration.ofMillis(100)));
        try (Connection holder = lock()) {
            for (Function<Datastore, Mono<?>> call : CALLS) {
                fails(UnavailableException.class, call.apply(datastore));
            }
            holder.rollback();
        } finally {
            close(datastore);
        }
    }

    /** Cancelled at any point of the login, and its network breaks at once. */
    @Test
    void ofAConnectionThatItsCallerDoesNotWaitFor() {
        for (int micros = 0; micros < 40_000; micros += 500) {
            try (TcpProxy proxy = proxy()) {
                Disposable connecting =
                        Datastore.connect(through(proxy).build()).subscribe();
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
                connecting.dispose();
                proxy.cut();
            }
        }
        // The driver's line for each connection that was cut (see docs/troubleshooting.md).
        logged.removeIf(line -> line.startsWith("io.r2dbc.postgresql.client.ReactorNettyClient: Connection Error"));
    }

    @Test
    void ofACallThatItsCallerDoesNotWaitFor() throws Exception {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(2));
        try (Connection holder = lock()) {
            for (Function<Datastore, Mono<?>> call : CALLS) {
                Disposable waiting = call.apply(datastore).subscribe();
                Await.until("a statement that waits", SOON, () -> waiting() >= 1);
                waiting.dispose();
                // It still is under way if others may wait for it.
                DATABASE.queryForString("SELECT count(pg_cancel_backend(pid))" + WAITING);
                Await.until("none that waits", SOON, () -> waiting() == 0);
            }
            holder.rollback();
        } finally {
            close(datastore);
        }
    }

    @Test
    void ofASessionThatTheServerEnds() throws Exception {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(2));
        try (Connection holder = lock()) {
            for (Function<Datastore, Mono<?>> call : CALLS) {
                var waiting = call.apply(datastore).toFuture();
                Await.until("a statement that waits", SOON, () -> waiting() == 1);
                DATABASE.queryForString("SELECT count(pg_terminate_backend(pid))" + WAITING);
                fails(DatastoreException.class, Mono.fromFuture(waiting));
            }
            holder.rollback();
        } finally {
            close(datastore);
        }
    }

    @Test
    void ofANetworkThatBreaks() throws Exception {
        try (TcpProxy proxy = proxy();
                Connection holder = lock()) {
            Datastore datastore = Databases.connect(through(proxy).maxConnections(2));
            for (int i = 0; i < CALLS.size(); i++) {
                var waiting = CALLS.get(i).apply(datastore).toFuture();
                int waits = i + 1;
                Await.until("a statement that waits", SOON, () -> waiting() == waits);
                proxy.cut();
                fails(DatastoreException.class, Mono.fromFuture(waiting));
            }
            holder.rollback();
            close(datastore);
        }
    }

    @Test
    void ofAServerThatNoLongerAnswers() {
        try (TcpProxy proxy = proxy()) {
            Datastore datastore = Databases.connect(
                    through(proxy).maxConnections(CALLS.size()).statementTimeout(Duration.ofMillis(100)));
            Flux.range(0, CALLS.size())
                    // The short time-out is for what follows; an answer may take longer on a busy machine.
                    .flatMap(i -> datastore.ping().retry(10), CALLS.size())
                    .blockLast(SOON);
            proxy.blackHole();
            Flux.fromIterable(CALLS)
                    .flatMap(
                            call -> call.apply(datastore)
                                    .then(Mono.error(new AssertionError("answered")))
                                    .onErrorResume(DatastoreException.class, error -> Mono.empty()),
                            CALLS.size())
                    .blockLast(SOON);
            proxy.heal();
            close(datastore);
        }
    }

    private static final String WAITING =
            " FROM pg_stat_activity" + " WHERE datname = current_database() AND wait_event_type = 'Lock'";

    /** What comes late comes before its connection is closed. */
    private static void close(Datastore datastore) {
        datastore.close().block(SOON);
        Await.until(
                "no session",
                SOON,
                () -> "0"
                        .equals(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND application_name = "
                                + "'nvsentinel-datastore'")));
    }

    private static Connection lock() throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    private static int waiting() {
        return Integer.parseInt(DATABASE.queryForString("SELECT count(*)" + WAITING));
    }

    private static DatastoreOptions.Builder through(TcpProxy proxy) {
        return Databases.options(DATABASE.get()).host(proxy.host()).port(proxy.port());
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    private static <E extends Throwable> void fails(Class<E> type, Mono<?> call) {
        assertThat(catchThrowableOfType(type, () -> call.block(SOON))).isNotNull();
    }
}
