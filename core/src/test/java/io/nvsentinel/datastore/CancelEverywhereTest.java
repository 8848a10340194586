// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.CancelEverywhere;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** After a cancellation at any element, no operation is partially done, and no connection is missing. */
class CancelEverywhereTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration LIFETIME = Duration.ofSeconds(1);

    private static final Map<String, BiFunction<DatastoreSession, Integer, Publisher<?>>> OPERATIONS = Map.of(
            "insert", (stores, run) -> stores.healthEvents().insert(event(run)),
            "insertMany", (stores, run) -> stores.healthEvents().insertMany(List.of(event(run), event(run))),
            "insertStream",
                    (stores, run) -> stores.healthEvents()
                            .insertStream(
                                    Flux.range(0, 6).map(i -> event(run)),
                                    BatchOptions.builder().maxDocuments(2).build()),
            "find",
                    (stores, run) ->
                            stores.healthEvents().find(Query.all().limit(12).pageSize(4)),
            "count", (stores, run) -> stores.healthEvents().count(Filter.all()),
            "updateMany",
                    (stores, run) ->
                            stores.healthEvents().updateMany(Filter.all(), Update.set("healthevent.isFatal", true)),
            "upsert",
                    (stores, run) -> stores.healthEvents()
                            .upsert(
                                    Filter.eq("healthevent.nodeName", "upserted " + run),
                                    Update.set("healthevent.nodeName", "upserted " + run)),
            "deleteMany",
                    (stores, run) -> stores.healthEvents().deleteMany(Filter.eq("healthevent.nodeName", "run " + run)));

    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM health_events; DELETE FROM maintenance_events");
        datastore = Databases.connect(
                Databases.options(DATABASE.get()).maxConnections(2).maxIdleConnections(2));
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"insert", "insertMany", "insertStream", "find", "count", "updateMany", "upsert", "deleteMany"})
    void anOperation(String name) {
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, 12)");
        int places = everywhere(run -> OPERATIONS.get(name).apply(datastore, run));
        assertThat(places).isGreaterThan(5);
    }

    private int everywhere(IntFunction<Publisher<?>> work) {
        int places = CancelEverywhere.alsoSubscribing(SOON)
                .run(run -> Mono.when(work.apply(run)).thenReturn(true), done -> done);
        Await.until("no connection in use", SOON, datastore::pool, pool -> pool.acquired() == 0 && pool.pending() == 0);
        Mono.when(IntStream.range(0, 20).mapToObj(i -> datastore.ping()).toList())
                .block(SOON);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND state LIKE 'idle in transaction%'"))
                .isEqualTo("0");
        return places;
    }

    @Test
    void aTransaction() {
        int places = everywhere(run -> datastore.inTransaction(session -> session.maintenanceEvents()
                .insert(maintenance(run, "a"))
                .then(session.maintenanceEvents().insert(maintenance(run, "b")))));
        assertThat(places).isGreaterThan(5);
        assertThat(DATABASE.get()
                        .queryForStrings("SELECT cluster_name FROM maintenance_events GROUP BY cluster_name "
                                + "HAVING count(*) <> 2"))
                .isEmpty();
    }

    /**
     * Otherwise the cleanup of the cancelled caller would run in the other caller's transaction. This occurs with a new
     * connection, because the pool acquires the others one after another, and with a slow server, because the first
     * ROLLBACK arrives before the other transaction has started.
     */
    @Test
    @Tag("slow")
    void aConnectionIsLentToNobodyElseWhileItComesToOneWhoWasCancelled() throws Exception {
        Queue<Mono<Void>> others = new ConcurrentLinkedQueue<>();
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore one = Databases.connect(Databases.options(DATABASE.get())
                    .host(proxy.host())
                    .port(proxy.port())
                    .connectionMaxLifetime(LIFETIME)
                    .maxConnections(1));
            CancelEverywhere cancelling = new CancelEverywhere(SOON, CancelEverywhereTest::isLent, () -> {
                proxy.delay(Duration.ofMillis(80));
                Mono<Void> other = undone(one, others.size()).cache();
                others.add(other);
                other.subscribe();
            });
            int places = cancelling.run(
                    run -> {
                        others.forEach(other -> other.block(SOON));
                        proxy.heal();
                        return Mono.delay(LIFETIME)
                                .then(one.inTransaction(
                                        session -> session.healthEvents().count(Filter.all())));
                    },
                    counted -> true);
            assertThat(others).hasSizeBetween(1, places);
            one.close().block(SOON);
        }
        assertThat(DATABASE.queryForString("SELECT count(*) FROM maintenance_events"))
                .isEqualTo("0");
    }

    private static boolean isLent(Object element) {
        return List.of("PooledConnection", "PooledConnection")
                .contains(element.getClass().getSimpleName());
    }

    /** A transaction that changes its mind. */
    private static Mono<Void> undone(Datastore datastore, int number) {
        IllegalStateException mine = new IllegalStateException("undo");
        return datastore
                .inTransaction(session -> session.maintenanceEvents()
                        .insert(maintenance(number, "a"))
                        .then(session.maintenanceEvents().insert(maintenance(number, "b")))
                        .then(Mono.<Void>error(mine)))
                .onErrorComplete(mine::equals);
    }

    @Test
    void connecting() {
        int places = new CancelEverywhere(SOON)
                .run(
                        run -> Mono.usingWhen(
                                Datastore.connect(Databases.options(DATABASE.get())
                                        .applicationName("connect " + run)
                                        .build()),
                                connected -> connected.ping().thenReturn(true),
                                Datastore::close),
                        done -> done);
        assertThat(places).isGreaterThan(100);
        Await.until("no session is left", SOON, CancelEverywhereTest::connected, List::isEmpty);
    }

    private static List<String> connected() {
        return DATABASE.get()
                .queryForStrings("SELECT application_name || ': ' || query FROM pg_stat_activity"
                        + " WHERE application_name LIKE 'connect %'");
    }

    private static HealthEventDocument event(int run) {
        return HealthEventDocument.of(
                Instant.now(), HealthEvent.builder().nodeName("run " + run).build());
    }

    private static MaintenanceEvent maintenance(int run, String name) {
        return MaintenanceEvent.builder()
                .eventId(run + name)
                .clusterName("run " + run)
                .build();
    }
}
