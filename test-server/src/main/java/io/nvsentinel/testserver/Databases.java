// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The databases that this JVM made on one server. Their names carry the process id and a random part, so that several
 * JVMs can share a server.
 */
final class Databases {

    private final String prefix = "test_" + ProcessHandle.current().pid() + "_"
            + UUID.randomUUID().toString().substring(0, 8) + "_";
    private final Map<String, String> templates = new HashMap<>();
    private final Set<String> present = new HashSet<>();
    private int count;

    synchronized TestDatabase create(PostgresServer server) {
        // No session can be connected to template0; such a session would make CREATE DATABASE fail.
        return create(server, prefix + ++count, "template0");
    }

    synchronized TestDatabase create(PostgresServer server, Template template) {
        @Nullable String source = templates.get(template.name());
        if (source == null) {
            source = initialize(server, template);
            templates.put(template.name(), source);
        }
        return create(server, prefix + ++count, source);
    }

    private String initialize(PostgresServer server, Template template) {
        TestDatabase database = create(server, prefix + template.name(), "template0");
        try {
            template.initializer().accept(database);
            // From here on a stray connection cannot get between the template and its clones.
            server.admin().execute("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS false");
        } catch (RuntimeException | Error e) {
            dropAfter(e, database);
            throw e;
        }
        return database.name();
    }

    private static void dropAfter(Throwable failure, TestDatabase database) {
        try {
            database.drop();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private TestDatabase create(PostgresServer server, String name, String source) {
        server.admin().execute("CREATE DATABASE " + name + " TEMPLATE " + source);
        present.add(name);
        return server.database(name);
    }

    synchronized void drop(PostgresServer server, String name) {
        // A prepared transaction outlives its session and would make DROP DATABASE fail.
        List<@Nullable String> prepared = server.admin()
                .queryForStrings(
                        "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = ?", name);
        for (String rollback : prepared) {
            server.database(name).execute(String.valueOf(rollback));
        }
        server.admin().execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
        present.remove(name);
    }

    /** Drops what is left, templates too. */
    synchronized void dropAll(PostgresServer server) {
        for (String name : List.copyOf(present)) {
            drop(server, name);
        }
        templates.clear();
    }
}
