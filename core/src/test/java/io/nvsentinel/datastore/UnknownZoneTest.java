// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** The JVM's time zone has a name that the server does not know. */
class UnknownZoneTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private final TimeZone before = TimeZone.getDefault();

    @TempDir
    private Path mount;

    /** A name of the JDK's own. */
    private static void leaveForChina() {
        TimeZone.setDefault(TimeZone.getTimeZone("CTT"));
    }

    @AfterEach
    void moveBack() {
        TimeZone.setDefault(before);
    }

    @Test
    void theServerRefusesTheZoneThatTheDriverWouldAskFor() {
        leaveForChina();
        TestDatabase database = DATABASE.get();
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {database.host()});
        source.setPortNumbers(new int[] {database.port()});
        source.setDatabaseName(database.name());
        source.setUser(database.user());
        source.setPassword(database.password());

        assertThatThrownBy(source::getConnection).hasMessageContaining("\"CTT\"");
    }

    @Test
    void connectsMigratesAndValidatesInPlainText() {
        leaveForChina();
        for (SchemaMode mode : new SchemaMode[] {SchemaMode.MIGRATE, SchemaMode.VALIDATE}) {
            assertConnects(Databases.options(DATABASE.get()).schemaMode(mode).build());
        }
    }

    @Test
    void connectsMigratesAndValidatesOverTls() throws IOException {
        TestCertificates authority = TestCertificates.create();
        authority.client("app").issue().writeSecret(mount);
        try (EmbeddedServer server = PostgresServer.embedded()
                .tls(TlsMaterial.of(authority.server("localhost").issue()))
                .certificateUser("app")
                .start()) {
            TestDatabase database = server.createDatabase();
            database.execute("GRANT CREATE ON DATABASE " + database.name() + " TO app");
            leaveForChina();
            for (SchemaMode mode : new SchemaMode[] {SchemaMode.MIGRATE, SchemaMode.VALIDATE}) {
                assertConnects(DatastoreOptions.builder()
                        .host("localhost")
                        .port(server.port())
                        .database(database.name())
                        .username("app")
                        .certificates(mount)
                        .sslMode(SslMode.VERIFY_FULL)
                        .schema("events")
                        .schemaMode(mode)
                        .build());
            }
        }
    }

    private static void assertConnects(DatastoreOptions options) {
        Datastore datastore = Datastore.connect(options).block(SOON);
        try {
            assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isZero();
        } finally {
            datastore.close().block(SOON);
        }
    }
}
