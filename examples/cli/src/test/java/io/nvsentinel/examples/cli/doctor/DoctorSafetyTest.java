// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.PostgresDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Other roles that may create objects in the schema, and policies that hide rows. */
class DoctorSafetyTest {

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(Databases.MIGRATED);

    @Test
    void failsWhereOthersMayCreateObjectsInTheSchema() {
        database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("safety")
                    .contains("PUBLIC")
                    .contains("→ REVOKE CREATE ON SCHEMA \"public\" FROM PUBLIC");
        } finally {
            database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        }
    }

    @Test
    void failsWhereTheChangelogHoldsARowThatCaptureDidNotWrite() {
        database.execute("INSERT INTO datastore_changelog (id, table_name, operation)"
                + " VALUES (1000000000000, 'any', 'TRUNCATE')");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .filteredOn(line -> line.contains("safety"))
                    .singleElement()
                    .asString()
                    .contains("1000000000000")
                    .contains("→ find out which program wrote it");
        } finally {
            database.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
        }
    }

    @Test
    void reportsAGapThatNoTransactionCanHaveMade() {
        database.execute("INSERT INTO health_events (data) VALUES ('{}')");
        database.execute("SELECT setval('datastore_changelog_id_seq', 1000000000000)");
        database.execute("INSERT INTO health_events (data) VALUES ('{}')");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(DoctorTest.lines(run, "!"))
                    .filteredOn(line -> line.contains("safety"))
                    .singleElement()
                    .asString()
                    .contains("and 1000000000001 of the changelog more ids are missing")
                    .contains("→ find out who set datastore_changelog_id_seq");
        } finally {
            database.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog;"
                    + " SELECT setval('datastore_changelog_id_seq', 1)");
        }
    }

    @Test
    void failsWhereTheChangelogsSequenceIsNotAsAssumed() {
        database.execute("ALTER SEQUENCE datastore_changelog_id_seq CACHE 10");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .filteredOn(line -> line.contains("assumptions"))
                    .singleElement()
                    .asString()
                    .contains("its sequence has CACHE 10");
        } finally {
            database.execute("ALTER SEQUENCE datastore_changelog_id_seq CACHE 1");
        }
    }

    @Test
    void saysThatTheUserMayNotProbeTheServer() {
        String user = "probing_" + database.get().name();
        database.execute("CREATE ROLE " + user + " LOGIN PASSWORD 'p'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "
                + user + "; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO " + user);
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get().as(user, "p")));

            assertThat(DoctorTest.lines(run, "-"))
                    .singleElement()
                    .asString()
                    .contains("assumptions")
                    .contains("the server was not probed: the user may not insert");
        } finally {
            database.execute("DROP OWNED BY " + user + "; DROP ROLE " + user);
        }
    }

    @Test
    void failsWhereACollectionIsNotCapturedAtCommit() {
        database.execute(
                "CREATE TABLE racks (id uuid PRIMARY KEY, data jsonb); SELECT nvsentinel_enable_capture('racks');"
                        + " DROP TRIGGER nvsentinel_capture ON racks; CREATE TRIGGER nvsentinel_capture AFTER INSERT ON racks"
                        + " FOR EACH ROW EXECUTE FUNCTION nvsentinel_capture_change('full');"
                        + " ALTER TABLE racks ENABLE ALWAYS TRIGGER nvsentinel_capture");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("capture")
                    .contains("\"racks\" is not deferred");
        } finally {
            database.execute("DROP TABLE racks");
        }
    }

    @Test
    void namesAFunctionThatIsNotAsTheMigrationsMadeIt() {
        String definition =
                database.queryForString("SELECT pg_get_functiondef('nvsentinel_capture_change()'::regprocedure)");
        database.execute(
                "CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger LANGUAGE plpgsql"
                        + " AS 'BEGIN RETURN NULL; END'; CREATE FUNCTION nvsentinel_other() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get()));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .filteredOn(line -> line.contains("functions"))
                    .singleElement()
                    .asString()
                    .contains("nvsentinel_capture_change() is not as the migrations made it");
            assertThat(DoctorTest.lines(run, "!"))
                    .filteredOn(line -> line.contains("functions"))
                    .singleElement()
                    .asString()
                    .contains("nvsentinel_other()");
        } finally {
            database.execute("DROP FUNCTION nvsentinel_other()");
            database.execute(definition);
        }
        assertThat(DoctorTest.lines(DoctorTest.doctor(Databases.environment(database.get())), "✗"))
                .isEmpty();
    }

    @Test
    void failsWhereAPolicyHidesRowsOfTheChangelog() {
        String user = "policed_" + database.get().name();
        database.execute("CREATE ROLE " + user
                + " LOGIN PASSWORD 'p'; ALTER TABLE datastore_changelog ENABLE ROW LEVEL SECURITY;"
                + " GRANT ALL ON ALL TABLES IN SCHEMA public TO " + user
                + "; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "
                + user);
        try {
            Run run = DoctorTest.doctor(Databases.environment(database.get().as(user, "p")));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .filteredOn(line -> line.contains("safety"))
                    .singleElement()
                    .asString()
                    .contains("row-level security")
                    .contains("ALTER TABLE datastore_changelog DISABLE ROW LEVEL SECURITY");
        } finally {
            database.execute("ALTER TABLE datastore_changelog DISABLE ROW LEVEL SECURITY; DROP OWNED BY " + user
                    + "; DROP ROLE " + user);
        }
    }
}
