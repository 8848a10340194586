// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Databases with the schema in place, and the variables that lead to them. */
public final class Databases {

    public static final Template MIGRATED = new Template("nvsentinel_cli", Databases::migrate);

    /** Longer than anything here takes on a busy machine. */
    public static final Duration SOON = Duration.ofSeconds(60);

    private Databases() {}

    public static Map<String, String> environment(TestDatabase database) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DATASTORE_HOST", database.host(),
                "DATASTORE_PORT", Integer.toString(database.port()),
                "DATASTORE_DATABASE", database.name(),
                "DATASTORE_USERNAME", database.user(),
                "DATASTORE_SSLMODE", "disable"));
        if (database.password() != null) {
            environment.put("DATASTORE_PASSWORD", database.password());
        }
        return environment;
    }

    public static Datastore connect(TestDatabase database) {
        return Datastore.connect(options(database, SchemaMode.NONE)).block(SOON);
    }

    private static DatastoreOptions options(TestDatabase database, SchemaMode mode) {
        return DatastoreOptions.builder()
                .environment(environment(database))
                .schemaMode(mode)
                .build();
    }

    private static void migrate(TestDatabase database) {
        Datastore.connect(options(database, SchemaMode.MIGRATE))
                .flatMap(Datastore::close)
                .block(SOON);
        // As docs/postgresql-roles.sql does; PostgreSQL 14 allows every user to create objects there.
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    }
}
