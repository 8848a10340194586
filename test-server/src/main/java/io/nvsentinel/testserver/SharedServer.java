// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The one server of a JVM, and how it is chosen. */
final class SharedServer {

    static final String URL = "TEST_POSTGRES_URL";
    static final String MAJOR = "postgres.major";

    /**
     * Durability is disabled, but the order of durable operations is kept; the time zone differs visibly from UTC; the
     * limits of connections and prepared transactions are sufficient for parallel test classes.
     */
    static final Map<String, String> SETTINGS = Map.of(
            "max_connections", "300",
            "max_prepared_transactions", "50",
            "fsync", "off",
            "synchronous_commit", "on",
            "timezone", "Asia/Kolkata");

    private static final int NEWEST_MAJOR = 18;
    private static final int OLDEST_MAJOR = 14;

    private static @Nullable PostgresServer server;

    private SharedServer() {}

    static synchronized PostgresServer get() {
        if (server == null) {
            server = start(System.getenv(URL), major());
            server.closeAtExit();
        }
        return server;
    }

    static synchronized boolean is(PostgresServer candidate) {
        return server == candidate;
    }

    static PostgresServer start(@Nullable String choice, @Nullable Integer major) {
        if (choice == null || choice.isEmpty()) {
            return dockerRuns() ? container(major) : embedded(major);
        }
        return switch (choice) {
            case "docker" -> container(major);
            case "embedded" -> embedded(major);
            // Its version is its owner's choice; the property only chooses what is started here.
            default -> new ExternalServer(Access.parse("Environment variable " + URL, choice));
        };
    }

    /** The wanted major version; null without the property. */
    static @Nullable Integer major() {
        String value = System.getProperty(MAJOR);
        if (value == null) {
            return null;
        }
        if (!value.matches("1[4-8]")) {
            throw new IllegalArgumentException("System property " + MAJOR + " is '" + value + "'; allowed are "
                    + OLDEST_MAJOR + " to " + NEWEST_MAJOR);
        }
        return Integer.valueOf(value);
    }

    private static PostgresServer container(@Nullable Integer major) {
        if (!hasTestcontainers()) {
            throw new IllegalStateException("A server in a container needs Testcontainers on the class path");
        }
        return ContainerServer.start(Objects.requireNonNullElse(major, NEWEST_MAJOR), SETTINGS);
    }

    private static PostgresServer embedded(@Nullable Integer major) {
        EmbeddedServerBuilder builder = PostgresServer.embedded().stopAtExit(false);
        return (major == null ? builder : builder.majorVersion(major)).start();
    }

    private static boolean dockerRuns() {
        return mayHaveDocker() && hasTestcontainers() && ContainerServer.dockerRuns();
    }

    /** Spares a machine without Docker the loading of Testcontainers and the errors that it logs. */
    private static boolean mayHaveDocker() {
        String home = System.getProperty("user.home", "");
        return System.getenv("DOCKER_HOST") != null
                || Stream.of(
                                "/var/run/docker.sock",
                                home + "/.docker/run/docker.sock",
                                home + "/.docker/desktop/docker.sock",
                                home + "/.testcontainers.properties",
                                Objects.requireNonNullElse(System.getenv("XDG_RUNTIME_DIR"), home) + "/docker.sock")
                        .anyMatch(path -> Files.exists(Path.of(path)));
    }

    private static boolean hasTestcontainers() {
        try {
            Class.forName(
                    "org.testcontainers.postgresql.PostgreSQLContainer", false, SharedServer.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
