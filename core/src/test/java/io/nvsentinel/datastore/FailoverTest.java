// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two servers with the same history, one of them a standby, reached by names that move and over networks that fall silent. */
@Tag("slow")
class FailoverTest {

    private static final String SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            + " AND application_name LIKE 'nvsentinel%'";

    private static final String WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    private EmbeddedServer primary;
    private EmbeddedServer standby;
    private TestDatabase database;
    private TcpProxy toPrimary;
    private TcpProxy toStandby;

    @BeforeEach
    void start() {
        primary = PostgresServer.embedded().start();
        database = primary.createDatabase(Databases.MIGRATED);
        standby = primary.startStandby();
        toPrimary = TcpProxy.to(primary.host(), primary.port());
        toStandby = TcpProxy.to(standby.host(), standby.port());
    }

    @AfterEach
    void stop() {
        toPrimary.close();
        toStandby.close();
        standby.close();
        primary.close();
    }

    @ParameterizedTest
    @EnumSource
    void refusesASingleHostThatIsAStandby(SchemaMode mode) {
        UnavailableException error = catchThrowableOfType(
                UnavailableException.class,
                () -> Databases.connect(options(address(toStandby)).schemaMode(mode)));

        assertThat(error).hasMessageContaining("is a standby").hasMessageContaining(toStandby.host());
        assertThat(error.isRetryable()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aFirstHostThatIsFrozenTakesOnlyItsShareOfTheTime(SchemaMode mode) {
        toStandby.blackHole();

        Datastore datastore = Databases.connect(options(address(toStandby) + "," + address(toPrimary))
                .connectTimeout(Duration.ofSeconds(4))
                .schemaMode(mode));

        datastore.healthEvents().insert(EVENT).block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void leavesAStandbyToWhichTheNameHasLedForAWhile() {
        Datastore datastore = Databases.connect(options(address(toPrimary)).maxConnections(5));
        toPrimary.leadTo(standby.host(), standby.port());
        toPrimary.cut();
        Await.until("no connection", SOON, () -> toPrimary.connections().isEmpty());

        awaitRefusal(datastore, "is a standby");

        toPrimary.leadTo(primary.host(), primary.port());
        datastore.healthEvents().insert(EVENT).block(SOON);
        assertThat(standby.admin().queryForString(SESSIONS)).isEqualTo("0");
        datastore.close().block(SOON);
    }

    @Test
    void neverMixesAFormerPrimaryThatHasReturnedWithTheNewOne() {
        Datastore datastore = Databases.connect(options(address(toPrimary) + "," + address(toStandby)));
        datastore.healthEvents().insert(EVENT).block(SOON);
        toPrimary.refuse();
        toPrimary.cut();
        standby.promote();
        Await.until("no connection", SOON, () -> toPrimary.connections().isEmpty());
        Await.until(
                "the new primary",
                SOON,
                () -> datastore.ping().thenReturn(true).onErrorReturn(false).block(SOON));
        datastore.healthEvents().insert(EVENT).block(SOON);
        toPrimary.heal();
        toStandby.refuse();
        toStandby.cut();
        Await.until("no connection", SOON, () -> toStandby.connections().isEmpty());

        awaitRefusal(datastore, "is a former primary");

        toStandby.heal();
        datastore.healthEvents().insert(EVENT).block(SOON);
        assertThat(primary.admin().queryForString(SESSIONS)).isEqualTo("0");
        datastore.close().block(SOON);
    }

    /** Both take connections, as after a promotion without a fence, and the old one is asked first. */
    @Test
    void leavesTheFormerPrimaryWhenTheNewOneIsSeen() {
        Datastore datastore = Databases.connect(options(address(toPrimary)));
        Flux.range(0, 20).flatMap(i -> datastore.ping(), 20).then().block(SOON);
        assertThat(datastore.pool().idle()).isGreaterThan(0);
        standby.promote();
        toPrimary.leadTo(standby.host(), standby.port());
        // One connection of several: the others are open still.
        toPrimary.connections().get(0).cut();
        Await.until("a connection to the new one", SOON, () -> {
            Flux.range(0, 40)
                    .flatMap(i -> datastore.ping().onErrorComplete(), 40)
                    .then()
                    .block(SOON);
            return !standby.admin().queryForString(SESSIONS).equals("0");
        });

        datastore.ping().block(SOON);
        Flux.range(0, 40).flatMap(i -> datastore.ping(), 40).then().block(SOON);

        Await.until(
                "no connection to the former one",
                SOON,
                () -> primary.admin().queryForString(SESSIONS).equals("0"));
        datastore.close().block(SOON);
    }

    /** It would wait for its own time-out otherwise, which began when it was sent. */
    @Test
    void whatIsUnderWayOnTheFormerPrimaryEndsWhenTheNewOneIsSeen() throws Exception {
        Duration longer = SOON.multipliedBy(4);
        Datastore datastore = Databases.connect(options(address(toPrimary) + "," + address(toStandby))
                .statementTimeout(longer)
                .lockTimeout(longer));
        try (Connection holder = database.connect();
                Statement lock = holder.createStatement()) {
            holder.setAutoCommit(false);
            lock.execute("LOCK TABLE health_events");
            CompletableFuture<Object> writing = new CompletableFuture<>();
            datastore.healthEvents().insert(EVENT).subscribe(writing::complete, writing::complete);
            CompletableFuture<Object> reading = new CompletableFuture<>();
            datastore.healthEvents().count(Filter.all()).subscribe(reading::complete, reading::complete);
            Await.until("both wait", SOON, () -> database.queryForString(WAITING), "2"::equals);
            toPrimary.refuse();
            standby.promote();

            Flux.range(0, 5).flatMap(i -> datastore.ping(), 5).then().block(SOON);

            assertThat(writing.get(SOON.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
            assertThat(reading.get(SOON.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(UnavailableException.class);
        }
        datastore.healthEvents().insert(EVENT).block(SOON);
        datastore.close().block(SOON);
    }

    /** The driver may see only while it sends that a connection was cut; what comes next says why there is no other one. */
    private static void awaitRefusal(Datastore datastore, String reason) {
        Await.until(
                "a refusal",
                SOON,
                () -> datastore
                        .healthEvents()
                        .insert(EVENT)
                        .then(Mono.just(""))
                        .onErrorResume(UnavailableException.class, error -> Mono.just(error.getMessage()))
                        .onErrorReturn(OutcomeUnknownException.class, "lost")
                        .block(SOON)
                        .contains(reason));
    }

    private DatastoreOptions.Builder options(String hosts) {
        return Databases.options(database).host(hosts).port(1);
    }

    private static String address(TcpProxy proxy) {
        return proxy.host() + ":" + proxy.port();
    }
}
