// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.springboot.DatastoreConnectionDetails;
import io.nvsentinel.tls.SslMode;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Connects to a PostgreSQL of Testcontainers with {@code @ServiceConnection}. */
final class ContainerDetailsFactory
        extends ContainerConnectionDetailsFactory<PostgreSQLContainer, DatastoreConnectionDetails> {

    ContainerDetailsFactory() {}

    @Override
    protected DatastoreConnectionDetails getContainerConnectionDetails(
            ContainerConnectionSource<PostgreSQLContainer> source) {
        return new ContainerDetails(source);
    }

    /** Asks the container only when the datastore connects, because it has no port before it runs. */
    private static final class ContainerDetails extends ContainerConnectionDetails<PostgreSQLContainer>
            implements DatastoreConnectionDetails {

        private ContainerDetails(ContainerConnectionSource<PostgreSQLContainer> source) {
            super(source);
        }

        @Override
        public String getHost() {
            return getContainer().getHost();
        }

        @Override
        public int getPort() {
            return getContainer().getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT);
        }

        @Override
        public String getDatabase() {
            return getContainer().getDatabaseName();
        }

        @Override
        public String getUsername() {
            return getContainer().getUsername();
        }

        @Override
        public @Nullable String getPassword() {
            return getContainer().getPassword();
        }

        /** The image has no certificate; one that has works as well. */
        @Override
        public SslMode getSslMode() {
            return SslMode.PREFER;
        }
    }
}
