// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.tls.SslMode;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** Both drivers' errors mean the same: what may pass is retryable, and nothing else is. */
@Tag("essential")
class ErrorTableTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    /** A state of each class of the server, and the states that differ from their class. */
    private static final List<String> STATES = List.of(
            "03000", "08000", "08001", "08003", "08004", "08006", "08007", "08P01", "09000", "0A000", "0B000", "0F000",
            "0L000", "0P000", "0Z000", "20000", "21000", "22000", "22023", "23000", "23505", "23P01", "24000", "25000",
            "25006", "25P01", "25P02", "25P03", "25P04", "26000", "27000", "28000", "28P01", "2B000", "2D000", "2F000",
            "34000", "38000", "39000", "3B000", "3D000", "3F000", "40000", "40001", "40003", "40P01", "42000", "42501",
            "42P01", "42P05", "44000", "53000", "53100", "53200", "53300", "53400", "54000", "55000", "55006", "55P03",
            "57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030", "72000", "F0000", "HV000",
            "P0001", "XX000", "XX001");

    private static final List<String> MAY_PASS = List.of(
            "08000", "08001", "08003", "08006", "08007", "08P01", "25006", "25P03", "25P04", "40000", "40001", "40003",
            "40P01", "53000", "53100", "53200", "53300", "53400", "55006", "55P03", "57000", "57014", "57P01", "57P02",
            "57P03", "57P05", "58000", "58030", "72000", "XX000", "XX001");

    @Test
    void everyStateMeansTheSameOverBothDrivers() {
        List<String> overJdbc = new ArrayList<>();
        for (String state : STATES) {
            Throwable error = JdbcErrors.translate(new SQLException("refused", state), "The schema cannot be checked");
            assertThat(error).isInstanceOf(DatastoreException.class);
            assertThat(((DatastoreException) error).sqlState()).isEqualTo(state);
            if (((DatastoreException) error).isRetryable()) {
                overJdbc.add(state);
            }
        }
        assertThat(overJdbc).containsExactlyElementsOf(MAY_PASS);
        assertThat(overR2dbc()).containsExactlyElementsOf(MAY_PASS);
    }

    private static List<String> overR2dbc() {
        DatastoreOptions options = DatastoreOptions.builder()
                .host(DATABASE.get().host())
                .port(DATABASE.get().port())
                .database(DATABASE.get().name())
                .username(DATABASE.get().user())
                .password(DATABASE.get().password())
                .sslMode(SslMode.DISABLE)
                .build();
        return Connections.open(
                        options,
                        null,
                        connections -> Flux.fromIterable(STATES)
                                .concatMap(state -> connections
                                        .read(
                                                "Read",
                                                connection -> Rows.all(
                                                        connection.createStatement(
                                                                "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '" + state
                                                                        + "'; END $$"),
                                                        row -> 1))
                                        .thenReturn("none")
                                        .onErrorResume(
                                                DatastoreException.class,
                                                error -> reactor.core.publisher.Mono.just(
                                                        error.isRetryable() || state.startsWith("40") ? state : "")))
                                .filter(state -> !state.isEmpty())
                                .collectList()
                                .flatMap(found -> connections.close().thenReturn(found)))
                .block(Duration.ofSeconds(60));
    }

    @Test
    void whatNoServerHasAnsweredIsPermanentOrNot() {
        assertPermanent(true, new SSLHandshakeException("PKIX path building failed"), "TLS failed");
        assertPermanent(true, new UnknownHostException("db.example: Name or service not known"), "unknown host name");
        assertPermanent(true, new UnknownHostException("db.example"), "unknown host name");
        assertPermanent(false, new UnknownHostException("db.example: Temporary failure in name resolution"), "");
        UnknownHostException silent = new UnknownHostException("Failed to resolve 'db.example'");
        silent.initCause(new TimeoutException("no answer"));
        assertPermanent(false, silent, "");
        assertPermanent(true, new SQLException("The server does not support SSL.", "08004"), "sslMode");
        assertPermanent(true, new SQLException("SCRAM: no password was provided.", "08004"), "password");
        assertPermanent(false, new java.net.ConnectException("Connection refused"), "");
    }

    private static void assertPermanent(boolean permanent, Exception cause, String reason) {
        Throwable error =
                JdbcErrors.translate(new SQLException("The connection attempt failed.", "08001", cause), "It");
        if (permanent) {
            assertThat(error).isInstanceOf(ConfigurationException.class).hasMessageContaining(reason);
        } else {
            assertThat(((DatastoreException) error).isRetryable()).isTrue();
        }
    }
}
