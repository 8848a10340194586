// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The import finds the primary by the datastore's own rules. */
class ImportHostsTest {

    private static EmbeddedServer primary;
    private static EmbeddedServer standby;
    private static TestDatabase database;

    @BeforeAll
    static void start() {
        primary = PostgresServer.embedded().start();
        database = primary.createDatabase(ImportDatabase.MIGRATED);
        standby = primary.startReplica("standby");
    }

    @AfterAll
    static void stop() {
        standby.close();
        primary.close();
    }

    @BeforeEach
    void empty() {
        database.execute("DROP TABLE IF EXISTS other; SELECT nvsentinel_create_collection('other')");
    }

    @Test
    void aFirstHostThatIsFrozenTakesOnlyItsShareOfTheTime() {
        try (TcpProxy frozen = TcpProxy.to(standby.host(), standby.port())) {
            frozen.blackHole();

            assertStored(importing(frozen.host() + ":" + frozen.port() + "," + address(primary)));
        }
    }

    @Test
    void aStandbyAmongTheHostsIsPassedOver() {
        assertStored(importing(address(standby) + "," + address(primary)));
    }

    @Test
    void aSingleHostThatIsAStandbyIsRefusedAndNamed() {
        Run run = importing(address(standby));

        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run.err())
                .singleElement()
                .asString()
                .contains("is a standby")
                .contains(standby.host());
    }

    private static void assertStored(Run run) {
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertThat(database.queryForString("SELECT count(*) FROM other")).isEqualTo("10");
    }

    private static String address(EmbeddedServer server) {
        return server.host() + ":" + server.port();
    }

    private static Run importing(String hosts) {
        Map<String, String> environment = new HashMap<>(ImportDatabase.environment(database));
        environment.put("DATASTORE_HOST", hosts);
        environment.put("DATASTORE_CONNECT_TIMEOUT", "6s");
        return Run.with(environment, new Numbered(10), "import-mongo", "-", "--into", "other");
    }
}
