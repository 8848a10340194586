// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A server in a container. The only class that touches Testcontainers, which may be missing from the class path. */
final class ContainerServer extends PostgresServer {

    private final PostgreSQLContainer container;

    private ContainerServer(PostgreSQLContainer container) {
        super(new Access(
                container.getHost(),
                container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                container.getDatabaseName(),
                container.getUsername(),
                container.getPassword()));
        this.container = container;
    }

    static boolean dockerRuns() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    static PostgresServer start(int major, Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        settings.forEach((name, value) -> {
            command.add("-c");
            command.add(name + "=" + value);
        });
        PostgreSQLContainer container =
                new PostgreSQLContainer("postgres:" + major).withCommand(command.toArray(String[]::new));
        container.start();
        return new ContainerServer(container);
    }

    @Override
    void shutDown() {
        container.stop();
    }
}
