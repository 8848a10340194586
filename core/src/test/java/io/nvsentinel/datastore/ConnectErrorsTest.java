// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.r2dbc.spi.ValidationDepth;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

class ConnectErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    @Test
    void aRefusedPortIsUnavailable() {
        try (TcpProxy proxy = proxy()) {
            proxy.refuse();
            for (SchemaMode mode : SchemaMode.values()) {
                UnavailableException error = connectFails(
                        UnavailableException.class,
                        options().host(proxy.host()).port(proxy.port()).schemaMode(mode));
                assertThat(error.getMessage())
                        .contains(proxy.host() + ":" + proxy.port())
                        .doesNotContain("\n");
                assertThat(error.isRetryable()).isTrue();
                assertThat(error.isOutcomeUnknown()).isFalse();
            }
        }
    }

    /** C6: not to say anything means TLS, and a server without it is refused rather than spoken to in the open. */
    @Test
    void aServerWithoutTlsIsRefusedUnlessPlainTextIsAskedFor() {
        for (SchemaMode mode : SchemaMode.values()) {
            DatastoreException error = connectFails(
                    DatastoreException.class,
                    DatastoreOptions.builder()
                            .host(DATABASE.get().host())
                            .port(DATABASE.get().port())
                            .database(DATABASE.get().name())
                            .username(DATABASE.get().user())
                            .password(DATABASE.get().password())
                            .schemaMode(mode)
                            .schemaWait(Duration.ZERO));
            assertThat(error).isInstanceOf(ConfigurationException.class).hasMessageContaining("sslMode");
        }
    }

    @Test
    void aServerThatDoesNotAnswerIsUnavailable() {
        try (TcpProxy proxy = proxy()) {
            proxy.blackHole();
            UnavailableException error = connectFails(
                    UnavailableException.class,
                    options()
                            .host(proxy.host())
                            .port(proxy.port())
                            .connectTimeout(Duration.ofMillis(200))
                            .acquireTimeout(Duration.ofMillis(500)));
            assertThat(error.getMessage()).contains(proxy.host() + ":" + proxy.port());
        }
    }

    @Test
    void anUnknownDatabaseOrUserIsMisconfigured() {
        for (SchemaMode mode : SchemaMode.values()) {
            ConfigurationException database = connectFails(
                    ConfigurationException.class,
                    options().database("not_there").schemaMode(mode));
            assertThat(database.sqlState()).isEqualTo("3D000");
            assertThat(database.getMessage()).contains("not_there").doesNotContain("\n");
            ConfigurationException user = connectFails(
                    ConfigurationException.class,
                    options().username("unknown").password("s3cret").schemaMode(mode));
            assertThat(user.sqlState()).startsWith("28");
            assertThat(user).hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void aStatementThatTakesTooLongMayBeRetried() throws Exception {
        Datastore datastore = Databases.connect(options().statementTimeout(Duration.ofMillis(100)));
        try (Connection holder = lock("SHARE")) {
            UnavailableException error =
                    fails(UnavailableException.class, datastore.healthEvents().insert(EVENT));
            assertThat(error.sqlState()).isEqualTo("57014");
            assertThat(error.isRetryable()).isTrue();
            assertThat(error.isOutcomeUnknown()).isFalse();
            holder.rollback();
            assertThat(datastore.healthEvents().insert(EVENT).block(SOON)).isNotNull();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aSecondRecordOfOneEventConflicts() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            MaintenanceEvent event = MaintenanceEvent.builder().eventId("twice").build();
            datastore.maintenanceEvents().insert(event).block(SOON);
            ConflictException error =
                    fails(ConflictException.class, datastore.maintenanceEvents().insert(event));
            assertThat(error.sqlState()).isEqualTo("23505");
            assertThat(error.getMessage()).contains("maintenance_events");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aWriteWhoseSessionEndsHasAnUnknownOutcome() throws Exception {
        Datastore datastore = Databases.connect(DATABASE.get());
        try (Connection holder = lock("SHARE")) {
            CompletableFuture<?> insert = datastore.healthEvents().insert(EVENT).toFuture();
            killTheOneThatWaits();
            OutcomeUnknownException error = fails(OutcomeUnknownException.class, insert);
            assertThat(error.isOutcomeUnknown()).isTrue();
            assertThat(error.isRetryable()).isFalse();
            holder.rollback();
            assertThat(datastore.healthEvents().insert(EVENT).block(SOON)).isNotNull();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aReadWhoseSessionEndsMayBeRetried() throws Exception {
        Datastore datastore = Databases.connect(DATABASE.get());
        try (Connection holder = lock("ACCESS EXCLUSIVE")) {
            CompletableFuture<?> count =
                    datastore.healthEvents().count(Filter.all()).toFuture();
            killTheOneThatWaits();
            UnavailableException error = fails(UnavailableException.class, count);
            assertThat(error.isRetryable()).isTrue();
            holder.rollback();
            assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isNotNull();
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aWriteWhoseNetworkBreaksHasAnUnknownOutcome() throws Exception {
        try (TcpProxy proxy = proxy();
                Connection holder = lock("ACCESS EXCLUSIVE")) {
            Datastore datastore = Databases.connect(options().host(proxy.host()).port(proxy.port()));
            CompletableFuture<?> insert = datastore.healthEvents().insert(EVENT).toFuture();
            awaitOneThatWaits();
            proxy.cut();
            fails(OutcomeUnknownException.class, insert);
            CompletableFuture<?> count =
                    datastore.healthEvents().count(Filter.all()).toFuture();
            // The server does not notice that the first client is gone before the lock is free.
            Await.until("two statements that wait", SOON, () -> waiting() == 2);
            proxy.cut();
            fails(UnavailableException.class, count);
            holder.rollback();
            datastore.close().block(SOON);
        }
    }

    @Test
    void aWriteThatWasNotSentDidNotHappen() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try (TcpProxy proxy = proxy()) {
            io.r2dbc.spi.Connection connection = Mono.from(
                            Databases.driver(DATABASE.get(), proxy.port()).create())
                    .block(SOON);
            HealthEventStore events = datastore.using(connection).healthEvents();
            events.insert(EVENT).block(SOON);
            proxy.cut();
            Await.until("the driver knows", SOON, () -> !isOpen(connection));
            assertThat(fails(UnavailableException.class, events.insert(EVENT)).isRetryable())
                    .isTrue();
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static boolean isOpen(io.r2dbc.spi.Connection connection) {
        return Boolean.TRUE.equals(
                Mono.from(connection.validate(ValidationDepth.LOCAL)).block(SOON));
    }

    @Test
    void cancellingAConnectLeavesNothingOpen() {
        for (SchemaMode mode : SchemaMode.values()) {
            try (TcpProxy proxy = proxy()) {
                proxy.blackHole();
                Disposable connect = Datastore.connect(options()
                                .host(proxy.host())
                                .port(proxy.port())
                                .schemaMode(mode)
                                .connectTimeout(Duration.ofSeconds(2))
                                .build())
                        .subscribe();
                Await.until("a connection", SOON, () -> !proxy.connections().isEmpty());
                connect.dispose();
                proxy.heal();
                Await.until("no connection", SOON, () -> proxy.connections().isEmpty());
            }
        }
    }

    private static DatastoreOptions.Builder options() {
        return Databases.options(DATABASE.get());
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    /** A transaction of another session that makes users of the health events wait. */
    private static Connection lock(String mode) throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE health_events IN " + mode + " MODE");
        return connection;
    }

    private static void killTheOneThatWaits() {
        awaitOneThatWaits();
        DATABASE.queryForString("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    private static void awaitOneThatWaits() {
        Await.until("a statement that waits", SOON, () -> waiting() == 1);
    }

    private static int waiting() {
        return Integer.parseInt(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'"));
    }

    private static <E extends Throwable> E connectFails(Class<E> type, DatastoreOptions.Builder options) {
        return fails(type, Datastore.connect(options.build()));
    }

    private static <E extends Throwable> E fails(Class<E> type, Mono<?> action) {
        return fails(type, action.toFuture());
    }

    private static <E extends Throwable> E fails(Class<E> type, CompletableFuture<?> action) {
        Throwable error = catchThrowableOfType(
                        CompletionException.class,
                        () -> action.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS)
                                .join())
                .getCause();
        assertThat(error).isInstanceOf(type);
        return type.cast(error);
    }
}
