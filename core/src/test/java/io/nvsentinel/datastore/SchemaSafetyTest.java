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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * The checks after connecting: rows that a policy hides, what change streams assume of the sequence and the server, and other
 * roles that may create objects in the schema.
 */
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER SEQUENCE datastore_changelog_id_seq CACHE 10 | its sequence has CACHE 10",
                "ALTER SEQUENCE datastore_changelog_id_seq CYCLE | its sequence has CYCLE",
                "ALTER SEQUENCE datastore_changelog_id_seq INCREMENT BY -1 | its sequence has INCREMENT BY -1",
                "CREATE TABLE other (id bigint DEFAULT nextval('datastore_changelog_id_seq'))| table public.other uses its sequence too",
                "ALTER TABLE datastore_changelog ALTER id SET DEFAULT 7 | its column id does not use its sequence",
                "CREATE TABLE part () INHERITS (datastore_changelog) | table public.part is a part of it",
            })
    void connectingFailsWhereTheChangelogIsNotAsAssumed(String sql, String fault) {
        database.execute(sql);
        assertThatThrownBy(() -> Databases.connect(options()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("datastore_changelog")
                .hasMessageContaining(fault + ".")
                .hasMessageContaining("ALTER SEQUENCE");
    }

    @ParameterizedTest
    @EnumSource(names = {"MIGRATE", "VALIDATE"})
    void connectingProbesAServerOnceForEachOfItsVersions(SchemaMode mode) {
        DatastoreOptions.Builder options = Databases.options(database).schemaMode(mode);
        String drawn = drawn();
        Databases.connect(options).close().block(SOON);
        assertThat(drawn()).as("the template was probed").isEqualTo(drawn);

        database.execute("UPDATE datastore_probe SET server = 'another one'");
        Databases.connect(options).close().block(SOON);
        assertThat(drawn()).isNotEqualTo(drawn);
        assertThat(database.queryForString("SELECT count(*) FROM datastore_probe WHERE server = version()"))
                .isEqualTo("1");
        assertThat(warnings()).isEmpty();
    }

    @Test
    void aProbeThatIsTurnedOffIsLogged() {
        database.execute("DELETE FROM datastore_probe");
        Databases.connect(Databases.options(database)
                        .schemaMode(SchemaMode.MIGRATE)
                        .skipServerProbe(true))
                .close()
                .block(SOON);
        assertThat(database.queryForString("SELECT count(*) FROM datastore_probe"))
                .isEqualTo("0");
        assertThat(warnings()).singleElement().asString().contains("skipServerProbe is true");
    }

    @Test
    void aUserWhoMayNotProbeConnectsWithAWarning() {
        database.execute("DELETE FROM datastore_probe; REVOKE INSERT ON datastore_probe FROM " + user);
        Databases.connect(options().schemaMode(SchemaMode.VALIDATE)).close().block(SOON);
        assertThat(warnings()).singleElement().asString().contains("The server was not probed", "permission denied");
    }

    @Test
    void theProbeCanBeRequestedAndNeedsThePrivilege() {
        Datastore.probe(options().build()).block(SOON);
        database.execute("REVOKE INSERT ON datastore_probe FROM " + user);
        assertThatThrownBy(() -> Datastore.probe(options().build()).block(SOON))
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e -> assertThat(e.sqlState()).isEqualTo("42501"));
    }

    private String drawn() {
        return database.queryForString("SELECT last_value FROM datastore_probe_id_seq");
    }

    private List<String> warnings() {
        return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
