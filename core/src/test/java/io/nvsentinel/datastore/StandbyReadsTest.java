// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReadPosition;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A primary, a standby that streams from it, and reads that may go to the standby. */
class StandbyReadsTest {

    private static final Duration DAY = Duration.ofDays(1);

    /** Long enough for what is under way, and short enough to wait for it. */
    private static final Duration SHORT = Duration.ofMillis(100);

    private static final String SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = ?";

    private static final String REPLAYED = "SELECT count(*) FROM health_events WHERE node_name = ?";

    /** Documents that say which server has read them; the server of the second needs a minute if it is a standby. */
    private static final String VIEWS = """
            CREATE VIEW place AS SELECT id, created_at, updated_at, version,
                jsonb_build_object('standby', pg_is_in_recovery()) AS data FROM health_events LIMIT 1;
            CREATE VIEW slow_place AS SELECT id, created_at, updated_at, version, jsonb_build_object(
                'waited', CASE WHEN pg_is_in_recovery() THEN pg_sleep(60)::text END,
                'standby', pg_is_in_recovery()) AS data FROM health_events LIMIT 1""";

    private static EmbeddedServer primary;
    private static EmbeddedServer standby;
    private static TestDatabase database;
    private static TestDatabase replica;

    private final String application = "reads-" + UUID.randomUUID();
    private final String node = "node-" + UUID.randomUUID();
    private TcpProxy toStandby;
    private Datastore datastore;

    @BeforeAll
    static void start() {
        primary = PostgresServer.embedded()
                .setting("max_standby_streaming_delay", "0")
                .start();
        database = primary.createDatabase(Databases.MIGRATED);
        database.execute(VIEWS);
        standby = primary.startReplica("b");
        replica = standby.replicaOf(database);
        database.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"nodeName\": \"first\"}}')");
        Await.until("the first event", SOON, () -> replica.queryForString(REPLAYED, "first"), "1"::equals);
    }

    @AfterAll
    static void stop() {
        standby.close();
        primary.close();
    }

    @BeforeEach
    void connect() {
        toStandby = TcpProxy.to(standby.host(), standby.port());
        datastore = Databases.connect(options());
    }

    @AfterEach
    void close() {
        replay();
        datastore.close().block(SOON);
        toStandby.close();
    }

    @Test
    void everyReadOfAStandbyShowsWhatTheStandbyHas() {
        pauseReplay();
        UUID id = datastore.healthEvents().insert(event()).block(SOON);

        HealthEventStore events =
                datastore.reading(ReadPreference.STANDBY.maxStaleness(DAY)).healthEvents();

        Filter ours = Filter.eq("healthevent.nodeName", node);
        assertThat(events.count(ours).block(SOON)).isZero();
        assertThat(events.exists(ours).block(SOON)).isFalse();
        assertThat(events.findById(id).block(SOON)).isNull();
        assertThat(events.findOne(Query.where(ours)).block(SOON)).isNull();
        assertThat(events.find(ours).collectList().block(SOON)).isEmpty();
        assertThat(events.findPages(Query.where(ours)).collectList().block(SOON))
                .isEmpty();
        assertThat(events.findIds(Query.where(ours)).collectList().block(SOON)).isEmpty();
        assertThat(events.findFields(Query.where(ours), List.of("healthevent.nodeName"))
                        .collectList()
                        .block(SOON))
                .isEmpty();
        assertThat(events.distinct("healthevent.nodeName", Filter.all())
                        .collectList()
                        .block(SOON))
                .contains("first")
                .doesNotContain(node);
        assertThat(events.aggregate(Aggregation.of(Stage.match(ours)))
                        .collectList()
                        .block(SOON))
                .isEmpty();
        assertThat(events.findByNode(node).collectList().block(SOON)).isEmpty();
        assertThat(datastore.healthEvents().count(ours).block(SOON)).isOne();
    }

    @Test
    void writesOfTheSameSessionGoToThePrimary() {
        HealthEventStore events = datastore.reading(ReadPreference.STANDBY).healthEvents();

        UUID id = events.insert(event()).block(SOON);
        events.updateById(id, Update.set("healthevent.message", "changed")).block(SOON);

        assertThat(datastore
                        .healthEvents()
                        .findById(id)
                        .block(SOON)
                        .document()
                        .event()
                        .message())
                .isEqualTo("changed");
    }

    @Test
    void nothingElseConnectsToAStandby() {
        datastore.healthEvents().insert(event()).block(SOON);
        datastore.healthEvents().count(Filter.all()).block(SOON);
        datastore
                .reading(ReadPreference.PRIMARY)
                .healthEvents()
                .count(Filter.all())
                .block(SOON);
        datastore
                .inTransaction(session -> session.healthEvents().count(Filter.all()))
                .block(SOON);
        assertThat(standby.admin().queryForString(SESSIONS, application)).isEqualTo("0");

        datastore
                .reading(ReadPreference.PREFER_STANDBY)
                .healthEvents()
                .count(Filter.all())
                .block(SOON);

        assertThat(standby.admin().queryForString(SESSIONS, application)).isEqualTo("1");
    }

    @Test
    void aStandbyThatLagsTooFarBehindIsNotUsed() {
        pauseReplay();
        datastore.healthEvents().insert(event()).block(SOON);

        Await.until("the primary answers", SOON, () -> count(ReadPreference.PREFER_STANDBY.maxStaleness(SHORT)) == 1);

        assertThatThrownBy(() -> count(ReadPreference.STANDBY.maxStaleness(SHORT)))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("may lag behind the primary");
        assertThat(count(ReadPreference.STANDBY.maxStaleness(DAY))).isZero();
        replay();
        Await.until("the standby has caught up", SOON, () -> isAnsweredByStandby(ReadPreference.PREFER_STANDBY));
    }

    @Test
    void aStandbyOfAnIdlePrimaryIsNotStale() {
        Await.until(
                "nothing was written for a while",
                SOON,
                () -> replica.queryForString("SELECT now() - pg_last_xact_replay_timestamp() > interval '500 ms'"),
                "t"::equals);

        for (int i = 0; i < 20; i++) {
            assertThat(isAnsweredByStandby(ReadPreference.STANDBY.maxStaleness(SHORT)))
                    .isTrue();
        }
    }

    @Test
    void aUserWithoutAnyPrivilegeButToReadCanReadOnAStandby() {
        database.execute(
                "CREATE ROLE plain_reader LOGIN PASSWORD 'plain'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_reader");
        Datastore plain = Databases.connect(Databases.options(database.as("plain_reader", "plain"))
                .readHosts(standby.host() + ":" + standby.port()));

        assertThat(plain.reading(ReadPreference.STANDBY)
                        .healthEvents()
                        .count(Filter.all())
                        .block(SOON))
                .isPositive();

        plain.close().block(SOON);
    }

    @Test
    void aReadAfterAPositionWaitsForTheStandby() throws Exception {
        pauseReplay();
        datastore.healthEvents().insert(event()).block(SOON);
        ReadPosition position = datastore.position().block(SOON);
        assertThat(count(ReadPreference.STANDBY.maxStaleness(DAY))).isZero();
        CompletableFuture<Long> waiting = new CompletableFuture<>();

        datastore
                .reading(ReadPreference.STANDBY.maxStaleness(DAY).after(position, SOON))
                .healthEvents()
                .count(Filter.eq("healthevent.nodeName", node))
                .subscribe(waiting::complete, waiting::completeExceptionally);

        awaitLooks();
        assertThat(waiting).isNotDone();
        replay();
        assertThat(waiting.get(SOON.toSeconds(), TimeUnit.SECONDS)).isOne();
    }

    @Test
    void aPositionThatIsNotReachedInTimeIsReadOnThePrimary() {
        pauseReplay();
        datastore.healthEvents().insert(event()).block(SOON);
        ReadPosition position =
                ReadPosition.parse(datastore.position().block(SOON).toString());

        assertThat(count(ReadPreference.PREFER_STANDBY.maxStaleness(DAY).after(position, SHORT)))
                .isOne();
        assertThatThrownBy(() -> count(ReadPreference.STANDBY.maxStaleness(DAY).after(position, SHORT)))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("has not replayed up to " + position + " within 100 ms");
    }

    @Test
    void cancellingAReadThatWaitsReleasesItsConnection() {
        datastore.close().block(SOON);
        datastore = Databases.connect(options().maxConnections(1));
        pauseReplay();
        datastore.healthEvents().insert(event()).block(SOON);
        ReadPosition position = datastore.position().block(SOON);
        Disposable waiting = datastore
                .reading(ReadPreference.STANDBY.maxStaleness(DAY).after(position, SOON))
                .healthEvents()
                .count(Filter.all())
                .subscribe();
        awaitLooks();

        waiting.dispose();

        assertThat(count(ReadPreference.STANDBY.maxStaleness(DAY))).isZero();
        assertThat(standby.admin().queryForString(SESSIONS, application)).isEqualTo("1");
    }

    @Test
    void aReadThatReplayCancelsIsRepeatedOnThePrimary() throws Exception {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        place("slow_place", ReadPreference.PREFER_STANDBY).subscribe(answer::complete, answer::completeExceptionally);
        Await.until(
                "the standby reads",
                SOON,
                () -> standby.admin()
                        .queryForString(SESSIONS + " AND wait_event = 'PgSleep'", application)
                        .equals("1"));

        database.execute("BEGIN; LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE; COMMIT");

        assertThat(answer.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(false);
        assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isTrue();
    }

    @Test
    void anInvalidReadFailsAsItDoesOnThePrimary() {
        assertThatThrownBy(() -> datastore
                        .reading(ReadPreference.STANDBY)
                        .collection("no_such_collection", DocumentCodec.ofTrees())
                        .count(Filter.all())
                        .block(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no_such_collection");
        assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isTrue();
    }

    @Test
    void aStandbyThatIsGoneIsLeftAloneAndUsedAgain() {
        datastore.close().block(SOON);
        Attempts attempts = new Attempts();
        datastore = Datastore.connect(options().build(), attempts).block(SOON);
        assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isTrue();
        toStandby.refuse();
        toStandby.cut();
        Await.until("no connection", SOON, () -> toStandby.connections().isEmpty());
        int before = attempts.toStandby.get();

        for (int i = 0; i < 100; i++) {
            assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isFalse();
        }

        assertThat(attempts.toStandby.get() - before).isLessThanOrEqualTo(20);
        assertThat(readHosts()).allSatisfy((host, state) -> assertThat(state).startsWith("failed: "));
        toStandby.heal();
        assertThat(isAnsweredByStandby(ReadPreference.STANDBY)).isTrue();
        assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isTrue();
        assertThat(readHosts()).containsExactly(Map.entry(toStandby.host() + ":" + toStandby.port(), "ready"));
    }

    @Test
    void aStandbyThatFallsSilentDoesNotSilenceReads() {
        Duration longer = SOON.multipliedBy(4);
        datastore.close().block(SOON);
        datastore = Databases.connect(
                options().statementTimeout(longer).connectTimeout(longer).acquireTimeout(longer));
        assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isTrue();
        toStandby.blackHole();

        for (int i = 0; i < 10; i++) {
            assertThat(isAnsweredByStandby(ReadPreference.PREFER_STANDBY)).isFalse();
        }

        assertThat(datastore.health().block(SOON).state()).isEqualTo(Health.State.UP);
    }

    @Test
    void concurrentReadsAreAnsweredByStandbys() {
        datastore.close().block(SOON);
        datastore = Databases.connect(
                options().maxConnections(5).connectTimeout(SOON).acquireTimeout(SOON));

        Flux.range(0, 100)
                .flatMap(i -> place("place", ReadPreference.STANDBY), 100)
                .doOnNext(standby -> assertThat(standby).isEqualTo(true))
                .count()
                .as(counted -> assertThat(counted.block(SOON)).isEqualTo(100));
    }

    @Test
    void aServerOfAnotherClusterIsNotRead() {
        try (EmbeddedServer other = PostgresServer.embedded().start()) {
            other.admin().execute("CREATE DATABASE \"" + database.name() + "\"");
            Datastore misled =
                    Databases.connect(Databases.options(database).readHosts(other.host() + ":" + other.port()));

            assertThatThrownBy(() -> misled.reading(ReadPreference.STANDBY)
                            .healthEvents()
                            .count(Filter.all())
                            .block(SOON))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("belongs to another cluster");
            assertThat(misled.reading(ReadPreference.PREFER_STANDBY)
                            .healthEvents()
                            .count(Filter.all())
                            .block(SOON))
                    .isPositive();
            misled.close().block(SOON);
        }
    }

    @Test
    void withoutReadHostsThePrimaryAnswersWhatItMay() {
        Datastore alone = Databases.connect(database);

        assertThat(alone.reading(ReadPreference.PREFER_STANDBY)
                        .healthEvents()
                        .count(Filter.all())
                        .block(SOON))
                .isPositive();
        assertThatThrownBy(() -> alone.reading(ReadPreference.STANDBY))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("readHosts");
        assertThat(alone.health().block(SOON).details()).doesNotContainKey("readHosts");
        alone.close().block(SOON);
    }

    @Test
    void aClosedDatastoreSaysSo() {
        datastore.close().block(SOON);

        assertThatThrownBy(() -> count(ReadPreference.STANDBY))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("the datastore is closed");
    }

    /** How often connections to each pool's server were opened; the pool of the primary is made first. */
    private static final class Attempts implements DatastoreListener {

        private final AtomicInteger toPrimary = new AtomicInteger();
        private final AtomicInteger toStandby = new AtomicInteger();
        private final AtomicInteger pools = new AtomicInteger();

        @Override
        public ConnectionFactory decorate(ConnectionFactory connections) {
            AtomicInteger count = pools.getAndIncrement() == 0 ? toPrimary : toStandby;
            return new ConnectionFactory() {
                @Override
                public Publisher<? extends io.r2dbc.spi.Connection> create() {
                    return Mono.defer(() -> {
                        count.incrementAndGet();
                        return Mono.from(connections.create());
                    });
                }

                @Override
                public ConnectionFactoryMetadata getMetadata() {
                    return connections.getMetadata();
                }
            };
        }
    }

    private DatastoreOptions.Builder options() {
        return Databases.options(database)
                .applicationName(application)
                .readHosts(toStandby.host() + ":" + toStandby.port());
    }

    private HealthEventDocument event() {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private long count(ReadPreference preference) {
        return datastore
                .reading(preference)
                .healthEvents()
                .count(Filter.eq("healthevent.nodeName", node))
                .block(SOON);
    }

    private boolean isAnsweredByStandby(ReadPreference preference) {
        return Boolean.TRUE.equals(place("place", preference).block(SOON));
    }

    private Mono<Object> place(String view, ReadPreference preference) {
        return datastore
                .reading(preference)
                .collection(view, DocumentCodec.ofTrees())
                .findOne(Query.all())
                .map(found -> found.document().get("standby"));
    }

    @SuppressWarnings("unchecked")
    private Map<String, String> readHosts() {
        return (Map<String, String>) datastore.health().block(SOON).details().get("readHosts");
    }

    /** A session of the pool that has asked the standby how far it is, and asks again and again. */
    private void awaitLooks() {
        Await.until(
                "looks at the standby",
                SOON,
                () -> standby.admin()
                        .queryForString(SESSIONS + " AND query LIKE '%pg_last_wal_replay_lsn%'", application)
                        .equals("1"));
    }

    private static void pauseReplay() {
        standby.admin().execute("SELECT pg_wal_replay_pause()");
        Await.until(
                "replay is paused",
                SOON,
                () -> standby.admin().queryForString("SELECT pg_get_wal_replay_pause_state()"),
                "paused"::equals);
    }

    private static void replay() {
        standby.admin().execute("SELECT pg_wal_replay_resume()");
    }
}
