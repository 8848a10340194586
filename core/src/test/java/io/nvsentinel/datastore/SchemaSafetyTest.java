// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The checks after connecting: rows that a policy hides, and other roles that may create objects in the schema. */
@Tag("essential")
class SchemaSafetyTest {

    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.nvsentinel.datastore.schema");

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private TestDatabase database;
    private String user;

    @BeforeEach
    void createUser() {
        database = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        user = "app_" + database.name();
        database.execute("CREATE ROLE " + user + " LOGIN PASSWORD 'p';"
                + " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + user
                + "; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + user
                + "; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        logged.start();
        LOGGER.addAppender(logged);
    }

    @AfterEach
    void drop() {
        LOGGER.detachAppender(logged);
        database.execute("DROP OWNED BY " + user + " CASCADE; DROP ROLE " + user);
        database.drop();
    }

    private DatastoreOptions.Builder options() {
        return Databases.options(database.as(user, "p"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"datastore_changelog", "datastore_changelog_state", "resume_tokens", "health_events"})
    void connectingFailsWithTheNameOfATableWhoseRowsAPolicyMayHide(String table) {
        database.execute("ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY;" + " CREATE POLICY everything ON "
                + table + " USING (true)");
        assertThatThrownBy(() -> Databases.connect(options()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(table)
                .hasMessageContaining(user)
                .hasMessageContaining("Row-level security");
        // Its owner is not subject to it.
        Databases.connect(database).close().block(SOON);
    }

    @Test
    void aTableOfSomebodyElseMayHaveRowLevelSecurity() {
        database.execute("CREATE TABLE other (id int); ALTER TABLE other ENABLE ROW LEVEL SECURITY");
        Databases.connect(options()).close().block(SOON);
    }

    @Test
    void aPolicyThatIsCreatedLaterMakesStatementsFailInsteadOfHidingRows() {
        Datastore datastore = Databases.connect(options());
        try {
            database.execute("ALTER TABLE health_events ENABLE ROW LEVEL SECURITY");
            assertThatThrownBy(
                            () -> datastore.healthEvents().count(Filter.all()).block(SOON))
                    .isInstanceOf(DatastoreException.class)
                    .hasMessageContaining("row-level security");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void connectingWarnsWhereOthersMayCreateInTheSchema() {
        database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC, " + user);
        Databases.connect(options()).close().block(SOON);
        assertThat(warnings()).singleElement().asString().contains("PUBLIC", user, "REVOKE CREATE ON SCHEMA");
    }

    @Test
    void connectingDoesNotWarnWhereOnlyTheOwnerMayCreate() {
        Databases.connect(options()).close().block(SOON);
        assertThat(warnings()).isEmpty();
    }

    private List<String> warnings() {
        return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
