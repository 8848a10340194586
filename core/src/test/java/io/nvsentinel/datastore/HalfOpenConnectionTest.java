// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection whose peer has disappeared silently. The server's timeout cannot reach the client. */
@Tag("slow")
class HalfOpenConnectionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private TcpProxy proxy;
    private Datastore datastore;

    @BeforeEach
    void connect() {
        proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
        datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .host(proxy.host())
                        .port(proxy.port())
                        .maxConnections(1)
                        .statementTimeout(Duration.ofMillis(500))
                        .build())
                .block(Databases.SOON);
        datastore.healthEvents().findByNode("unknown").collectList().block(Databases.SOON);
    }

    @AfterEach
    void close() {
        datastore.close().block(Databases.SOON);
        proxy.close();
    }

    @Test
    void aReadFailsAsRetryableAndTheNextOneHasAnotherConnection() {
        proxy.connections().forEach(ProxiedConnection::blackHole);

        assertThatThrownBy(() -> datastore
                        .healthEvents()
                        .findByNode("unknown")
                        .collectList()
                        .block(Databases.SOON))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("did not answer in time");
        assertThat(datastore.healthEvents().findByNode("unknown").collectList().block(Databases.SOON))
                .isEmpty();
    }

    @Test
    void theOutcomeOfAWriteIsUnknown() {
        proxy.connections().forEach(ProxiedConnection::blackHole);
        HealthEventDocument document = HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

        assertThatThrownBy(() -> datastore.healthEvents().insert(document).block(Databases.SOON))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("did not answer in time");
        assertThat(datastore.healthEvents().insert(document).block(Databases.SOON))
                .isNotNull();
    }

    /** Whether its beginning or one of its statements is not answered. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTransactionFailsInTimeAndNothingIsWritten(boolean begun) {
        HealthEventDocument document = HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName("t").build());
        if (!begun) {
            proxy.connections().forEach(ProxiedConnection::blackHole);
        }
        assertThatThrownBy(() -> datastore
                        .inTransaction(session -> session.healthEvents()
                                .insert(document)
                                .doOnNext(id -> proxy.connections().forEach(ProxiedConnection::blackHole))
                                .then(session.healthEvents().insert(document)))
                        .block(Databases.SOON))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("did not answer in time");
        assertThat(datastore.healthEvents().findByNode("t").collectList().block(Databases.SOON))
                .isEmpty();
    }

    @Test
    void closingSucceedsWhileTheNetworkBreaks() {
        for (int round = 0; round < 40; round++) {
            Datastore other = Datastore.connect(Databases.options(DATABASE.get())
                            .host(proxy.host())
                            .port(proxy.port())
                            .build())
                    .block(Databases.SOON);
            proxy.cut();
            other.close().block(Databases.SOON);
        }
    }
}
