// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.time.Duration;

/** Databases with the schema in place, and datastores on them. */
final class Databases {

    static final Template MIGRATED = new Template("nvsentinel_core", Databases::migrate);

    /** Longer than anything here takes on a busy machine. */
    static final Duration SOON = Duration.ofSeconds(60);

    private Databases() {}

    static DatastoreOptions.Builder options(TestDatabase database) {
        return DatastoreOptions.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE)
                .schemaWait(Duration.ZERO);
    }

    static Datastore connect(TestDatabase database) {
        return connect(options(database));
    }

    static Datastore connect(DatastoreOptions.Builder options) {
        return Datastore.connect(options.build()).block(SOON);
    }

    /** Connections of an application's own, by way of a port that leads to the database. */
    static PostgresqlConnectionFactory driver(TestDatabase database, int port) {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host(database.host())
                .port(port)
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .build());
    }

    private static void migrate(TestDatabase database) {
        connect(options(database).schemaMode(SchemaMode.MIGRATE)).close().block(SOON);
    }
}
