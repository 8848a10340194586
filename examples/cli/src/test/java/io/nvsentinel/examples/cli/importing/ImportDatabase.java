// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A database with the schema, and runs of the command on it. */
final class ImportDatabase {

    static final Template MIGRATED = new Template("nvsentinel_import", ImportDatabase::migrate);

    private ImportDatabase() {}

    static DatastoreOptions.Builder options(TestDatabase database) {
        return DatastoreOptions.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE);
    }

    private static void migrate(TestDatabase database) {
        Datastore.connect(options(database).schemaMode(SchemaMode.MIGRATE).build())
                .flatMap(Datastore::close)
                .block();
    }

    static Map<String, String> environment(TestDatabase database) {
        return Map.of(
                "DATASTORE_PROVIDER", "postgresql",
                "DATASTORE_HOST", database.host(),
                "DATASTORE_PORT", String.valueOf(database.port()),
                "DATASTORE_DATABASE", database.name(),
                "DATASTORE_USERNAME", database.user(),
                "DATASTORE_PASSWORD", Objects.requireNonNullElse(database.password(), ""),
                "DATASTORE_SSLMODE", "disable");
    }

    static Run run(TestDatabase database, InputStream in, String... arguments) {
        List<String> all = new ArrayList<>(List.of("import-mongo"));
        all.addAll(List.of(arguments));
        return Run.with(environment(database), in, all.toArray(String[]::new));
    }
}
