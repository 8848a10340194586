// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The pool has one connection unless a test says otherwise, so a transaction that kept it would stop the next one. */
class TransactionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(options().maxConnections(1));
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void whatItWritesIsSeenTogetherAfterTheCommit() {
        AtomicReference<String> seenByOthers = new AtomicReference<>();
        UUID id = datastore
                .inTransaction(session -> session.healthEvents()
                        .insert(event("a"))
                        .flatMap(inserted -> session.maintenanceEvents()
                                .insert(maintenance("m"))
                                .then(session.healthEvents().findById(inserted))
                                .map(StoredDocument::id))
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(inserted -> seenByOthers.set(rows())))
                .block(SOON);

        assertThat(seenByOthers.get()).isEqualTo("0");
        assertThat(rows()).isEqualTo("2");
        assertThat(datastore.healthEvents().findById(id).block(SOON)).isNotNull();
    }

    @Test
    void anErrorOfTheFunctionRollsBackAndArrivesAsItIs() {
        IllegalStateException mine = new IllegalStateException("mine");
        Mono<Object> failing = datastore.inTransaction(
                session -> session.healthEvents().insert(event("a")).then(Mono.error(mine)));
        Mono<Object> throwing = datastore.inTransaction(session -> {
            throw mine;
        });

        assertThatThrownBy(() -> failing.block(SOON)).isSameAs(mine);
        assertThatThrownBy(() -> throwing.block(SOON)).isSameAs(mine);
        assertThat(rows()).isEqualTo("0");
        assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isZero();
    }

    @Test
    void aFunctionThatSwallowsAFailureGetsItAtTheCommit() {
        Mono<String> swallowing = datastore.inTransaction(session -> session.maintenanceEvents()
                .insert(maintenance("twice"))
                .then(session.maintenanceEvents().insert(maintenance("twice")))
                .thenReturn("stored")
                .onErrorReturn("ignored"));

        ConflictException error = fails(ConflictException.class, swallowing);
        assertThat(error.sqlState()).isEqualTo("23505");
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void theSessionRefusesUseAfterTheEnd() {
        AtomicReference<DatastoreSession> kept = new AtomicReference<>();
        datastore
                .inTransaction(session -> Mono.fromRunnable(() -> kept.set(session)))
                .block(SOON);

        InvalidRequestException error =
                fails(InvalidRequestException.class, kept.get().healthEvents().insert(event("late")));
        assertThat(error.getMessage()).contains("health_events").contains("ended");
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void operationsAtTheSameTimeRunOneAfterAnother() {
        // More than the driver queues on one connection.
        int many = 1000;
        Long count = datastore
                .inTransaction(session -> Flux.range(0, many)
                        .flatMap(i -> session.healthEvents().insert(event("n" + i)), many)
                        .then(session.healthEvents().count(Filter.all())))
                .block(SOON);

        assertThat(count).isEqualTo(many);
        assertThat(rows()).isEqualTo("1000");
    }

    private static DatastoreOptions.Builder options() {
        return Databases.options(DATABASE.get());
    }

    private static String rows() {
        return DATABASE.queryForString(
                "SELECT (SELECT count(*) FROM health_events) + (SELECT count(*) FROM maintenance_events)");
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private static MaintenanceEvent maintenance(String id) {
        return MaintenanceEvent.builder().eventId(id).build();
    }

    private static <E extends Throwable> E fails(Class<E> type, Mono<?> action) {
        return catchThrowableOfType(type, () -> action.block(SOON));
    }
}
