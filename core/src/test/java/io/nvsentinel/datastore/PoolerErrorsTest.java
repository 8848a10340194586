// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TransactionPooler;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Prepared statements behind a pooler that does not carry them over: the errors name the pooler, not the caller. */
class PoolerErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final int OPERATIONS = 200;
    private static final int CONNECTIONS = 6;

    /** For a string that is read as a number, or as an SQL/JSON path. */
    private static final Set<String> OF_OTHER_VALUES = Set.of("22P02", "42601");

    @Test
    void statementsOfAnotherSessionNameThePooler() throws IOException {
        List<Throwable> errors = errors(256);

        assertThat(errors)
                .filteredOn(PoolerErrorsTest::isSymptom)
                .isNotEmpty()
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("pooler in transaction mode")
                        .hasMessageContaining("set preparedStatements to 0"));
        assertThat(errors).extracting(error -> sqlState(error)).contains("42P05", "08P01");
    }

    @Test
    void nothingFailsWithoutPreparedStatements() throws IOException {
        assertThat(errors(0)).isEmpty();
    }

    /** Without a specific SQLSTATE, a statement that reads other values than its parameters can fail with any error. */
    private static boolean isSymptom(Throwable error) {
        return !(error instanceof InvalidRequestException invalid && OF_OTHER_VALUES.contains(invalid.sqlState()));
    }

    private static String sqlState(Throwable error) {
        return error instanceof DatastoreException ours ? String.valueOf(ours.sqlState()) : "none";
    }

    private static List<Throwable> errors(int preparedStatements) throws IOException {
        try (TransactionPooler pooler = TransactionPooler.before(DATABASE.get())) {
            Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                    .host("localhost")
                    .port(pooler.port())
                    .preparedStatements(preparedStatements)
                    .maxConnections(CONNECTIONS));
            try {
                return Flux.range(0, OPERATIONS)
                        .flatMap(
                                number -> operation(datastore, number)
                                        .then(Mono.<Throwable>empty())
                                        .onErrorResume(Mono::just),
                                CONNECTIONS)
                        .collectList()
                        .block(SOON);
            } finally {
                datastore.close().block(SOON);
            }
        }
    }

    private static Mono<?> operation(Datastore datastore, int number) {
        HealthEventStore events = datastore.healthEvents();
        return switch (number % 5) {
            case 0 -> datastore.ping();
            case 1 -> events.isNodeDrained("node");
            case 2 -> events.count(Filter.eq("a", number));
            case 3 -> events.findByNode("node-" + number).collectList();
            default -> events.distinct("a", Filter.gt("b", number)).collectList();
        };
    }
}
