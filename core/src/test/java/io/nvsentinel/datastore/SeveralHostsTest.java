// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.util.retry.Retry;

/** A primary and others: the library finds the one that accepts writes, over both drivers. */
class SeveralHostsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    @ParameterizedTest
    @EnumSource
    void passesOverAServerThatIsDead(SchemaMode mode) {
        try (TcpProxy dead = proxy()) {
            dead.refuse();
            write(options(address(dead) + ", " + address()).schemaMode(mode));
            write(options(address() + "," + address(dead)).schemaMode(mode));
        }
    }

    /** As a standby does; the drivers ask it the same question. */
    @Test
    void passesOverAServerThatOnlyReads() throws Exception {
        try (EmbeddedServer reading = PostgresServer.embedded()
                .setting("default_transaction_read_only", "on")
                .start()) {
            try (Connection connection = reading.admin().connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET default_transaction_read_only = off");
                statement.execute("CREATE DATABASE " + DATABASE.get().name());
            }
            for (SchemaMode mode : SchemaMode.values()) {
                write(options(reading.host() + ":" + reading.port() + "," + address())
                        .schemaMode(mode));
            }
        }
    }

    @Test
    void followsWhenTheFirstOneDies() {
        try (TcpProxy first = proxy()) {
            Datastore datastore = Databases.connect(options(address(first) + "," + address()));
            try {
                datastore.healthEvents().insert(EVENT).block(SOON);
                assertThat(first.connections()).isNotEmpty();
                first.refuse();
                first.cut();
                Await.until("no connection", SOON, () -> first.connections().isEmpty());
                // The client may detect it only while it sends; a read can then be repeated.
                datastore
                        .ping()
                        .retryWhen(Retry.indefinitely()
                                .filter(error -> error instanceof DatastoreException ours && ours.isRetryable()))
                        .block(SOON);
                datastore.healthEvents().insert(EVENT).block(SOON);
            } finally {
                datastore.close().block(SOON);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void namesAllThatWereTriedWhenNoneAnswers(SchemaMode mode) {
        try (TcpProxy one = proxy();
                TcpProxy other = proxy()) {
            one.refuse();
            other.refuse();
            assertThatThrownBy(() -> Databases.connect(
                            options(address(one) + "," + address(other)).schemaMode(mode)))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining(address(one) + "," + address(other));
        }
    }

    private static void write(DatastoreOptions.Builder options) {
        Datastore datastore = Databases.connect(options);
        try {
            assertThat(datastore.healthEvents().insert(EVENT).block(SOON)).isNotNull();
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static DatastoreOptions.Builder options(String hosts) {
        return Databases.options(DATABASE.get()).host(hosts).port(1);
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    private static String address(TcpProxy proxy) {
        return proxy.host() + ":" + proxy.port();
    }

    private static String address() {
        return DATABASE.get().host() + ":" + DATABASE.get().port();
    }
}
