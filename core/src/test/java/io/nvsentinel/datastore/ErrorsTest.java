// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** The information that an error contains, and the information that it must not contain. */
class ErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @Test
    void replayCannotHelpWhereTheStatementItselfIsWrong() {
        for (Map.Entry<String, String> wrong : Map.of(
                        "22P02", "SELECT 'x'::int",
                        "22012", "SELECT 1 / 0",
                        "42601", "SELEC 1",
                        "42703", "SELECT nothing",
                        "42804", "SELECT CASE WHEN 1 THEN 1 END",
                        "42883", "SELECT nothing(1)",
                        "22000", "DO $$ BEGIN RAISE data_exception; END $$",
                        "42P01", "SELECT FROM nothing")
                .entrySet()) {
            DatastoreException error = failing(wrong.getValue());
            assertThat(error.sqlState()).isEqualTo(wrong.getKey());
            assertThat(error.isDeterministic()).as(wrong.getKey()).isTrue();
            assertThat(error.isRetryable()).as(wrong.getKey()).isFalse();
        }
    }

    @Test
    void replayMayHelpWhereSomebodyCanAct() {
        DatastoreException privilege = failing("DO $$ BEGIN RAISE insufficient_privilege; END $$");
        assertThat(privilege).isInstanceOf(ConfigurationException.class);
        assertThat(privilege.isDeterministic()).isFalse();
        assertThat(new UnavailableException("gone", "08006", null).isDeterministic())
                .isFalse();
        assertThat(DatastoreException.isDeterministic(new IllegalStateException("plain")))
                .isFalse();
        assertThat(DatastoreException.isDeterministic(null)).isFalse();
    }

    @Test
    void isFoundThroughWrapsAndInEveryJoinedError() {
        InvalidRequestException wrong = new InvalidRequestException("wrong");
        UnavailableException gone = new UnavailableException("gone", null, null);
        assertThat(DatastoreException.isDeterministic(wrong)).isTrue();
        assertThat(DatastoreException.isDeterministic(new IllegalStateException(wrong)))
                .isTrue();
        assertThat(DatastoreException.isDeterministic(new RuntimeException(new IllegalStateException(wrong))))
                .isTrue();
        assertThat(DatastoreException.isDeterministic(Exceptions.multiple(wrong, new RuntimeException(wrong))))
                .isTrue();
        assertThat(DatastoreException.isDeterministic(Exceptions.multiple(wrong, gone)))
                .isFalse();
    }

    @Test
    void tellsProviderActionAttemptStateConstraintAndCause() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            MaintenanceEvent event =
                    MaintenanceEvent.builder().eventId("s3cret").build();
            datastore.maintenanceEvents().insert(event).block(SOON);
            ConflictException error = catchThrowableOfType(
                    ConflictException.class,
                    () -> datastore.maintenanceEvents().insert(event).block(SOON));
            assertThat(error.provider()).isEqualTo("postgresql");
            assertThat(error.action()).isEqualTo("Insert into maintenance_events");
            assertThat(error.attempt()).isEqualTo(1);
            assertThat(error.sqlState()).isEqualTo("23505");
            assertThat(error.constraint()).isEqualTo("maintenance_events_event_id_unique");
            assertThat(error).hasCauseInstanceOf(io.r2dbc.spi.R2dbcException.class);
            assertThat(printed(error)).doesNotContain("s3cret");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void quotesNoValueThatTheServerQuotes() {
        for (String statement : List.of(
                "SELECT 's3cret'::int",
                "SELECT 's3cret'::timestamptz",
                "SELECT '{\"s3cret'::jsonb",
                "SELECT '\\u0000s3cret'::jsonb",
                "DO $$ BEGIN RAISE 'the value \"s3cret\" is bad'; END $$")) {
            DatastoreException error = failing(statement);
            assertThat(error.sqlState()).as(statement).isNotNull();
            assertThat(printed(error)).as(statement).doesNotContain("s3cret");
        }
    }

    private static DatastoreException failing(String statement) {
        return catchThrowableOfType(
                DatastoreException.class,
                () -> Connections.open(
                                Databases.options(DATABASE.get()).build(),
                                null,
                                connections -> connections
                                        .read(
                                                "Read",
                                                connection -> Rows.all(connection.createStatement(statement), row -> 1))
                                        .then(Mono.<Void>empty()))
                        .block(SOON));
    }

    /** As a log shows it. */
    private static String printed(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
