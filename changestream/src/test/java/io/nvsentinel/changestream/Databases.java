// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;

/** Databases with the schema in place, and datastores on them. */
public final class Databases {

    public static final Template MIGRATED = new Template("nvsentinel_changestream", Databases::migrate);

    private Databases() {}

    public static DatastoreOptions.Builder options(TestDatabase database) {
        return DatastoreOptions.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE);
    }

    public static Datastore connect(TestDatabase database) {
        return Datastore.connect(options(database).build()).block();
    }

    private static void migrate(TestDatabase database) {
        Datastore datastore = Datastore.connect(
                        options(database).schemaMode(SchemaMode.MIGRATE).build())
                .block();
        datastore.close().block();
    }
}
