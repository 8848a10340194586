// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.PostgresDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A container of Testcontainers that stands for the server of the test, so that Docker is not needed. */
class ServiceConnectionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    @Configuration(proxyBeanMethods = false)
    static class Containers {

        @Bean
        @ServiceConnection
        PostgreSQLContainer postgres() {
            return new RunningContainer();
        }
    }

    private static final class RunningContainer extends PostgreSQLContainer {

        RunningContainer() {
            super("postgres:18");
        }

        @Override
        public void start() {}

        @Override
        public void stop() {}

        @Override
        public String getHost() {
            return DATABASE.get().host();
        }

        @Override
        public Integer getMappedPort(int port) {
            assertThat(port).isEqualTo(5432);
            return DATABASE.get().port();
        }

        @Override
        public String getDatabaseName() {
            return DATABASE.get().name();
        }

        @Override
        public String getUsername() {
            return DATABASE.get().user();
        }

        @Override
        public String getPassword() {
            return DATABASE.get().password();
        }
    }

    @Test
    void theDatastoreConnectsToTheContainer() {
        TestProperties.runner()
                .withConfiguration(AutoConfigurations.of(ServiceConnectionAutoConfiguration.class))
                .withUserConfiguration(Containers.class)
                .withPropertyValues("nvsentinel.datastore.host=elsewhere", "nvsentinel.datastore.max-connections=4")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Datastore datastore = context.getBean(Datastore.class);
                    datastore.ping().block();
                    assertThat(datastore.options().database())
                            .isEqualTo(DATABASE.get().name());
                });
    }
}
