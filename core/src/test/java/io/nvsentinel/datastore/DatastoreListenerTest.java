// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.nvsentinel.datastore.DatastoreListener.Kind;
import io.nvsentinel.datastore.DatastoreListener.Operation;
import io.nvsentinel.datastore.DatastoreListener.Outcome;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

class DatastoreListenerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("s3cret-node").build());

    private final List<Operation> heard = new CopyOnWriteArrayList<>();
    private Datastore announced;
    private Datastore datastore;

    /** Receives all events, and then throws. */
    private final class Listener implements DatastoreListener {

        @Override
        public void onConnected(Datastore connected) {
            announced = connected;
        }

        @Override
        public void onOperation(Operation operation) {
            heard.add(operation);
            throw new IllegalStateException("a listener that fails");
        }
    }

    @BeforeEach
    void connect() {
        datastore = Datastore.connect(
                        Databases.options(DATABASE.get()).maxConnections(1).build(), new Listener())
                .block(SOON);
        assertThat(announced).isSameAs(datastore);
        heard.clear();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void hearsWhatEndsWell() {
        datastore.healthEvents().insert(EVENT).block(SOON);
        datastore.healthEvents().count(Filter.all()).block(SOON);

        assertThat(heard)
                .extracting(Operation::kind, Operation::action, Operation::outcome)
                .containsExactly(
                        tuple(Kind.WRITE, "Insert into health_events", Outcome.OK),
                        tuple(Kind.READ, "Count in health_events", Outcome.OK));
        assertThat(heard).allSatisfy(operation -> {
            assertThat(operation.took()).isPositive();
            assertThat(operation.error()).isNull();
            assertThat(operation.toString()).doesNotContain("s3cret");
        });
    }

    @Test
    void hearsWhatFails() {
        assertThatThrownBy(() -> datastore
                        .healthEvents()
                        .updateRemediationStatus(UUID.randomUUID(), true)
                        .block(SOON))
                .isInstanceOf(NotFoundException.class);
        DATABASE.execute("ALTER TABLE health_events RENAME TO elsewhere");
        try {
            assertThatThrownBy(
                            () -> datastore.healthEvents().count(Filter.all()).block(SOON))
                    .isInstanceOf(ConfigurationException.class);
        } finally {
            DATABASE.execute("ALTER TABLE elsewhere RENAME TO health_events");
        }
        assertThat(heard)
                .last()
                .satisfies(operation -> assertThat(operation.outcome()).isEqualTo(Outcome.FAILED))
                .satisfies(operation -> assertThat(operation.error()).isInstanceOf(ConfigurationException.class));
    }

    @Test
    void hearsOfWaitingThatWasCancelled() {
        try (LockedTable lock = LockedTable.of(DATABASE, "health_events")) {
            Disposable waiting = datastore.healthEvents().count(Filter.all()).subscribe();
            lock.awaitWaiter();
            waiting.dispose();
            Await.until("it is reported", SOON, () -> heard.size() == 1);
            assertThat(heard.get(0).outcome()).isEqualTo(Outcome.CANCELLED);
        }
    }

    @Test
    void hearsOfATransactionAndOfWhatIsInIt() {
        datastore
                .inTransaction(
                        TransactionOptions.defaults(),
                        session -> session.healthEvents().insert(EVENT))
                .block(SOON);
        assertThat(heard).extracting(Operation::kind).containsExactly(Kind.WRITE, Kind.TRANSACTION);
        assertThat(heard).extracting(Operation::outcome).containsOnly(Outcome.OK);
    }

    @Test
    void aCancelledTransactionIsHeardOfOnce() {
        Disposable open = datastore
                .inTransaction(
                        TransactionOptions.defaults(),
                        session -> session.healthEvents().insert(EVENT).delayElement(Duration.ofMinutes(5)))
                .subscribe();
        Await.until("the insert is done", SOON, () -> heard.size() == 1);
        open.dispose();
        Await.until("it is reported", SOON, () -> heard.size() == 2);
        datastore.ping().block(SOON);
        assertThat(heard).extracting(Operation::outcome).containsExactly(Outcome.OK, Outcome.CANCELLED, Outcome.OK);
    }
}
